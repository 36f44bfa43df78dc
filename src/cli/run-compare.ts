// Reads or runs what is to be compared, and prints the comparison.
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { seededRandom, SwitchgearError } from "../core/index.ts";
import { compare, type SimulationReport, type VariantResult } from "../simulator/index.ts";
import { printReport, requireWritable } from "./print-report.ts";
import { simulationReport } from "./run-simulate.ts";
import { emptySimulate, type SimulateOptions } from "./simulate.ts";
import type { CompareOptions } from "./simulate-compare.ts";
import { applyPlan } from "./simulate-plan.ts";

/** Resolves to the exit code. */
export async function runCompare(files: readonly string[], options: CompareOptions): Promise<number> {
  requireWritable(options);
  const reports: SimulationReport[] = [];
  for (const file of files) {
    const report = await reportOf(file);
    reports.push(report);
    if (report.partial) break;
  }
  const all = reports.flatMap(({ variants }, i) => variants.map((one) => named(one, files[i] ?? "")));
  const partial = reports.some((one) => one.partial);
  if (all.length < 2 && !partial) throw usage(files.join(", "), `${all.length} variant`, "two variants or more");
  const skippedRows = reports.reduce((sum, one) => sum + one.skippedRows, 0);
  const compared = partial ? undefined : compare(all, seededRandom(options.bootstrapSeed));
  printReport({ format: 1, partial, skippedRows, variants: all, compared }, options);
  return partial ? 130 : 0;
}

function named(variant: VariantResult, file: string): VariantResult {
  const name = `${basename(file).replace(/\.(json|ya?ml)$/, "")}: ${variant.name}`;
  return { ...variant, name, policy: name };
}

async function reportOf(file: string): Promise<SimulationReport> {
  const text = read(file);
  if (text.trimStart().startsWith("{")) return parsed(file, text);
  const command = emptySimulate();
  applyPlan(file, command);
  const options = command.opts<SimulateOptions>();
  if (options.knee !== undefined) throw usage(file, "knee", "a plan without a search for the knee");
  return simulationReport(options);
}

/** Figures that do not exist are null in JSON. */
function parsed(file: string, text: string): SimulationReport {
  let value: unknown;
  try {
    value = JSON.parse(text, (_key, one: unknown) => (one === null ? Number.NaN : one));
  } catch (cause) {
    throw usage(file, cause instanceof Error ? cause.message : String(cause), "JSON of simulate --json");
  }
  if (!isReport(value)) throw usage(file, "other JSON", "a report of simulate --json, format 1, with variants");
  if (value.knees !== undefined) throw usage(file, "a search for the knee", "a report of runs at given loads");
  if (value.partial) throw usage(file, "a partial report", "a report of runs that came to their end");
  return value;
}

/** Enough of it for a comparison to be safe; the rest is as it was written. */
function isReport(value: unknown): value is SimulationReport {
  const variants = at(value, "variants");
  return (
    at(value, "format") === 1 &&
    Array.isArray(variants) &&
    variants.length > 0 &&
    variants.every((one) => {
      const results = at(one, "results");
      return (
        typeof at(one, "name") === "string" && Array.isArray(results) && results.length > 0 && results.every(isRun)
      );
    })
  );
}

/** Figures that tables, plots and comparisons read: if the last of a group is there, it was written by `simulate`. */
const FIGURES = ["goodputFraction", "ttftMs.p99", "tpotMs.p99", "itlMs.p99", "e2eMs.p99", "hitRate", "failed"];
const LISTS = ["workers", "ttftCdf", "tpotCdf", "series.queue", "series.hitRate", "series.workers", "series.load.mean"];

function isRun(run: unknown): boolean {
  const within = (path: string): unknown => path.split(".").reduce(at, run);
  const world = at(run, "world");
  return (
    typeof at(run, "seed") === "string" &&
    [...FIGURES.map((path) => `summary.${path}`), "ttftRatio.p99", "imbalance", "series.stepMs"].every(
      (path) => typeof within(path) === "number",
    ) &&
    LISTS.every((path) => Array.isArray(within(path))) &&
    (world === undefined || typeof at(world, "failed") === "object")
  );
}

function at(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8").replace(/^\uFEFF/, "");
  } catch (cause) {
    throw new SwitchgearError("SWG_FILE_UNREADABLE", `The file ${file} cannot be read.`, { where: file, cause });
  }
}

function usage(where: string, value: string, expected: string): SwitchgearError {
  return new SwitchgearError("SWG_USAGE", "There is nothing to compare.", { where, value, expected });
}
