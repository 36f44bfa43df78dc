// What a report says in words and tables, for the terminal and for its page.
import type { SimulationReport } from "./report.ts";
import { comparisonTable, resultTable, worldTable } from "./result-table.ts";

/** Paragraphs. */
export function reportText(report: SimulationReport): string[] {
  const { variants, compared, knees } = report;
  const parts = [
    report.partial ? "PARTIAL: ended by Ctrl-C; requests that had not ended count as failed" : undefined,
    ...(knees === undefined ? [resultTable(variants), worldTable(variants)] : [kneesText(report)]),
    compared && comparisonTable(compared),
    ...notes(report),
  ];
  return parts.filter((one) => one !== undefined);
}

function kneesText({ knees = [], goodput = 0, partial }: SimulationReport): string {
  const goal = `${(100 * goodput).toFixed(0)} % goodput`;
  return knees
    .map(({ name, speed, requestsPerSecond, runs, atLeast = false }, i) => {
      if (speed === 0) return `${name}: no load that was tried has ${goal} (${runs} runs)`;
      const least = atLeast || (partial && i === knees.length - 1) ? " at least" : "";
      return `${name}: ${goal} up to${least} speed ${speed.toFixed(3)} = ${requestsPerSecond.toFixed(2)} requests/s (${runs} runs)`;
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
