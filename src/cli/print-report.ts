// A report of simulations for people and programs: tables, JSON, CSV, a page with plots.
import { writeFileSync } from "node:fs";
import {
  comparisonTable,
  resultCsv,
  resultPage,
  resultTable,
  type SimulationReport,
  workerTable,
  worldTable,
} from "../simulator/index.ts";

export interface PrintOptions {
  readonly json: boolean;
  readonly perWorker?: boolean;
  readonly csv?: string;
  readonly html?: string;
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
  const parts = [
    report.partial ? "PARTIAL: ended by Ctrl-C; requests that had not ended count as failed" : undefined,
    ...(report.knees === undefined ? [resultTable(report.variants), worldTable(report.variants)] : [kneesText(report)]),
    report.compared && comparisonTable(report.compared),
    ...notes(report),
    ...(perWorker ? workersText(report) : []),
  ];
  return `${parts.filter((one) => one !== undefined).join("\n\n")}\n`;
}

function kneesText({ knees = [], goodput = 0, partial }: SimulationReport): string {
  return knees
    .map(({ name, speed, requestsPerSecond, runs }, i) => {
      const least = partial && i === knees.length - 1 ? " at least" : "";
      return `${name}: ${(100 * goodput).toFixed(0)} % goodput up to${least} speed ${speed.toFixed(3)} = ${requestsPerSecond.toFixed(2)} requests/s (${runs} runs)`;
    })
    .join("\n");
}

function notes({ variants, skippedRows }: SimulationReport): string[] {
  const [first] = variants[0]?.results ?? [];
  const counted = first?.notCounted ?? 0;
  const cut = first?.cut ?? 0;
  return [
    ...(counted === 0 ? [] : [`${counted} requests of each run do not count (warm-up, cool-down)`]),
    ...(cut === 0 ? [] : [`${cut} requests of each run were cut to what the workers can hold`]),
    ...(skippedRows === 0 ? [] : [`${skippedRows} rows of the trace were skipped`]),
  ];
}

function workersText({ variants }: SimulationReport): string[] {
  return variants.flatMap(({ name, results }) =>
    results.map((one) => `${name}, seed ${one.seed}\n${workerTable(one)}`),
  );
}
