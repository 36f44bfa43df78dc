// Reads the input of `convert`, prints the deployment and the table, writes the file.
import { closeSync, existsSync, fstatSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { SwitchgearError } from "../core/index.ts";
import {
  completedOnRecord,
  type Conversion,
  convert,
  type ConvertSettings,
  explainFlag,
  type FlagExplanation,
  type Form,
  FORMS,
  releaseNamed,
} from "../migration/index.ts";
import { conversionTable } from "./conversion-table.ts";
import type { ConvertOptions } from "./convert.ts";

const CLEAN = 0;
const OPEN = 1;

/** The exit code. */
export function runConvert(file: string | undefined, options: ConvertOptions): number {
  if (options.explain !== undefined) return explain(options.explain, options);
  if (file === undefined) {
    const expected = "a file, or - for standard input";
    throw new SwitchgearError("SWG_USAGE", "nothing to convert", { where: "switchgear convert", expected });
  }
  const text = readInput(file);
  const folder = file === "-" ? process.cwd() : dirname(resolve(file));
  const conversion = convert({ file, text, readFile: (path) => readInput(resolve(folder, path)) }, settingsOf(options));
  const { clean } = conversion.report;
  const writes = clean || options.allowPartial;
  if (writes && options.output !== undefined) writeOutput(options.output, conversion.yaml);
  if (options.json) printJson(conversion);
  else printText(conversion, { writes, output: options.output });
  return clean ? CLEAN : OPEN;
}

function settingsOf(options: ConvertOptions): ConvertSettings {
  const { from, vllmVersion, strategy, set, colocatedValidated, stateDirectory } = options;
  return {
    form: FORMS.find((one): one is Form => one === from),
    vllmVersion,
    strategy: strategy === "disaggregated" ? "disaggregated" : "colocated",
    set,
    colocatedValidated,
    completedOnRecord: completedOnRecord(stateDirectory),
  };
}

const MAX_BYTES = 1_048_576;

function readInput(path: string): string {
  try {
    if (path === "-") return readFileSync(0, "utf8");
    const fd = openSync(path, "r");
    try {
      if (fstatSync(fd).size > MAX_BYTES) throw new RangeError(`is longer than ${MAX_BYTES} bytes`);
      return readFileSync(fd, "utf8");
    } finally {
      closeSync(fd);
    }
  } catch (cause) {
    const why = existsSync(path) ? "cannot be read" : "no such file";
    throw new SwitchgearError("SWG_FILE_UNREADABLE", why, {
      where: path,
      cause,
      expected: "a file that vLLM is started by",
    });
  }
}

function writeOutput(path: string, yaml: string): void {
  try {
    writeFileSync(path, yaml);
  } catch (cause) {
    const expected = "a file that can be written";
    throw new SwitchgearError("SWG_USAGE", "the deployment cannot be written", { where: path, cause, expected });
  }
}

function printJson({ deployment, yaml, report }: Conversion): void {
  process.stdout.write(`${JSON.stringify({ deployment, yaml, report }, null, 2)}\n`);
}

interface Printing {
  readonly writes: boolean;
  readonly output: string | undefined;
}

function printText({ yaml, report }: Conversion, { writes, output }: Printing): void {
  if (writes && output === undefined) process.stdout.write(yaml);
  process.stderr.write(conversionTable(report));
  if (!writes)
    process.stderr.write(
      "\nNo deployment is written: correct the input, give values with --set, or take the rest with --allow-partial.\n",
    );
  else if (output !== undefined) process.stderr.write(`\nwritten: ${output}; next: switchgear validate ${output}\n`);
}

function explain(name: string, { vllmVersion, json }: ConvertOptions): number {
  const found = explainFlag(name, releaseNamed(vllmVersion));
  process.stdout.write(json ? `${JSON.stringify(found, null, 2)}\n` : explanation(found));
  return CLEAN;
}

function explanation(one: FlagExplanation): string {
  const rows: readonly (readonly [string, string | null])[] = [
    ["option", [one.option, ...one.otherNames].join(" ")],
    ["value", one.value],
    ["default", one.default],
    ["removed in", one.removedIn],
    ["becomes", one.disposition],
    ["target", one.target],
    ["note", one.note],
  ];
  return rows.flatMap(([name, value]) => (value === null ? [] : [`${name.padEnd(11)}${value}\n`])).join("");
}
