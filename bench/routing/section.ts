// The routing benchmark's part of docs/performance.md, from what `--out` kept.
import type { AlgorithmResult } from "./replay.ts";
import { resultTable } from "./result-table.ts";

/** The fields of the kept JSON that the page shows. */
interface KeptRouting {
  readonly source: string;
  readonly seconds: number;
  readonly load: number;
  readonly speed: number;
  readonly workers: number;
  readonly profile: string;
  readonly results: readonly AlgorithmResult[];
}

export function routingSection(report: unknown): string {
  const { source, seconds, load, speed, workers, profile, results } = report as KeptRouting;
  const setting = `Trace: ${source}, its first ${seconds} s at ${load} × the recorded rate; ${workers} × ${profile}, engines at ${speed} × real time.`;
  return `${setting}\n\n${resultTable(results)}`.trimEnd();
}
