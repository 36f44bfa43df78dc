// A report of simulations for people and programs: tables, JSON, CSV, a page with plots.
import { accessSync, constants, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { SwitchgearError, toError } from "../core/index.ts";
import { reportText, resultCsv, resultPage, type SimulationReport, workerTable } from "../simulator/index.ts";

export interface PrintOptions {
  readonly json: boolean;
  readonly perWorker?: boolean;
  readonly csv?: string;
  readonly html?: string;
}

/** Before hours of simulation: throws SWG_USAGE where what comes of them could not be written. */
export function requireWritable({ csv, html }: Pick<PrintOptions, "csv" | "html">): void {
  for (const file of [csv, html]) {
    if (file === undefined) continue;
    const found = statSync(file, { throwIfNoEntry: false });
    try {
      accessSync(found === undefined ? dirname(file) : file, constants.W_OK);
    } catch (cause) {
      throw unwritable(file, toError(cause).message);
    }
    if (found?.isDirectory() === true) throw unwritable(file, "a folder");
  }
}

function unwritable(where: string, value: string): SwitchgearError {
  const expected = "a file that can be written";
  return new SwitchgearError("SWG_USAGE", "The results cannot be written.", { where, value, expected });
}

export function printReport(report: SimulationReport, options: PrintOptions): void {
  const text = options.json ? `${JSON.stringify(report, undefined, 2)}\n` : textOf(report, options);
  process.stdout.write(text);
  if (options.csv !== undefined) writeFileSync(options.csv, resultCsv(report.variants));
  if (options.html === undefined) return;
  const command = `switchgear ${process.argv.slice(2).join(" ")}`;
  writeFileSync(options.html, resultPage({ title: "Simulation", command, report }));
}

function textOf(report: SimulationReport, { perWorker = false }: PrintOptions): string {
  return `${[...reportText(report), ...(perWorker ? workersText(report) : [])].join("\n\n")}\n`;
}

function workersText({ variants }: SimulationReport): string[] {
  return variants.flatMap(({ name, results }) =>
    results.map((one) => `${name}, seed ${one.seed}\n${workerTable(one)}`),
  );
}
