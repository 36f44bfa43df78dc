// A plan file of `switchgear simulate`: the flags' words as YAML keys; flags on the command line win.
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Command, Option } from "commander";
import { isMap, isScalar, LineCounter, parseDocument } from "yaml";
import { SwitchgearError } from "../core/index.ts";

/** Paths in a plan are relative to it. */
const PATHS = new Set(["deployment", "trace", "csv", "html"]);

/** Sets what the file says and the command line does not. Throws SWG_USAGE with file and line. */
export function applyPlan(file: string, command: Command): void {
  const lines = new LineCounter();
  const document = parseDocument(readPlan(file), { lineCounter: lines });
  const fault = document.errors[0];
  if (fault) throw wrong(`${file}:${lines.linePos(fault.pos[0]).line}`, fault.message.split("\n")[0], "YAML");
  if (!isMap(document.contents)) throw wrong(file, undefined, "a map of option names to values");
  for (const { key, value } of document.contents.items) {
    const offset = isScalar(key) ? (key.range?.[0] ?? 0) : 0;
    const where = `${file}:${lines.linePos(offset).line}`;
    const name = isScalar(key) ? String(key.value) : "";
    const option = command.options.find((one) => one.attributeName() === name || one.long === `--${name}`);
    if (!option) throw wrong(where, name, `one of ${command.options.map((one) => one.attributeName()).join(", ")}`);
    const plain: unknown = isScalar(value) ? value.value : document.toJS()[name];
    setOption(command, option, { where, value: plain, file });
  }
}

interface Given {
  readonly where: string;
  readonly value: unknown;
  readonly file: string;
}

function setOption(command: Command, option: Option, { where, value, file }: Given): void {
  const name = option.attributeName();
  if (command.getOptionValueSource(name) === "cli") return;
  if (option.isBoolean() !== (typeof value === "boolean"))
    throw wrong(where, value, option.isBoolean() ? `${name}: true or false` : `${name}: a value, as ${option.flags}`);
  if (typeof value === "boolean") return void command.setOptionValueWithSource(name, value, "config");
  const texts = (Array.isArray(value) ? value : [value]).map(String);
  const text = texts.join(",");
  try {
    const read = option.parseArg;
    const parsed: unknown = name === "sweep" ? texts : read ? read(text, undefined as never) : text;
    const placed = PATHS.has(name) && typeof parsed === "string" ? resolve(dirname(file), parsed) : parsed;
    command.setOptionValueWithSource(name, placed, "config");
  } catch (cause) {
    throw wrong(where, text, `${option.flags}: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

function readPlan(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new SwitchgearError("SWG_FILE_UNREADABLE", `The plan ${file} cannot be read.`, { where: file, cause });
  }
}

function wrong(where: string, value: unknown, expected: string): SwitchgearError {
  return new SwitchgearError("SWG_USAGE", "The simulation plan has a fault.", { where, value, expected });
}
