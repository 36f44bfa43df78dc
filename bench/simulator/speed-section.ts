// The simulator's own speed as the docs show it.
import type { Machine } from "../lib/machine.ts";
import { markdownTable } from "../lib/markdown-table.ts";

export interface SpeedReport {
  readonly machine: Machine;
  readonly trace: string;
  readonly requests: number;
  readonly runs: readonly SpeedRun[];
}

/** One process: start-up, reading the trace, simulating, summing up. */
export interface SpeedRun {
  readonly policy: string;
  /** Median of the rounds. */
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly rounds: number;
}

/** DynoSim 1.6.1 on the same trace and eight workers (measured.md §1.4). */
const DYNOSIM: Readonly<Record<string, number>> = { kv_aware: 1978, round_robin: 3689 };

export function speedSection({ trace, requests, runs }: SpeedReport): string {
  const rows = runs.map(({ policy, wallMs, cpuMs, rounds }) => [
    policy,
    wallMs.toFixed(0),
    cpuMs.toFixed(0),
    ((1000 * requests) / wallMs).toFixed(0),
    ((1000 * requests) / cpuMs).toFixed(0),
    String(DYNOSIM[policy] ?? "–"),
    String(rounds),
  ]);
  const head = ["policy", "wall ms", "CPU ms", "requests/s", "per CPU second", "DynoSim, requests/s", "processes"];
  return `${requests} requests of ${trace} at 1.5 × on eight workers, one process each: its start-up, the reading of the trace and the summary are in all figures.

${markdownTable(head, rows)}`;
}

export interface ScaleReport {
  readonly machine: Machine;
  readonly workers: number;
  readonly requests: number;
  readonly policy: string;
  readonly profile: string;
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly peakMb: number;
  readonly goodput: number;
}

export function scaleSection(report: ScaleReport): string {
  const { workers, requests, policy, profile, wallMs, cpuMs, peakMb, goodput } = report;
  const rows = [
    ["wall time", "< 10 min", `${(wallMs / 60_000).toFixed(1)} min`],
    ["CPU time", "", `${(cpuMs / 60_000).toFixed(1)} min`],
    ["CPU time of a request", "", `${(cpuMs / requests).toFixed(2)} ms`],
    ["peak memory", "< 4 GB", `${(peakMb / 1024).toFixed(2)} GB`],
    ["requests within the objectives", "", `${(100 * goodput).toFixed(2)} %`],
  ];
  return `${requests} generated conversations on ${workers} × ${profile}, ${policy}, state 50 ms old, step noise σ 0.1, start-up included.

${markdownTable(["figure", "wanted", "measured"], rows)}`;
}
