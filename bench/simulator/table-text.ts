// Measured columns as the seed's tables.
import { type Column, GOAL, type Measured, type Workload } from "./table-plan.ts";

const HOURS_A_MONTH = 730;
const SECONDS_A_MONTH = 2.628e6;

export type Row<T> = readonly [name: string, of: (one: T) => string];

export function tableText(table: Workload, list: readonly Measured[]): string {
  const names = list.map(({ column }) => column.name);
  const slo = `SLO: TTFT ≤ ${table.slo.ttftMs} ms and TPOT ≤ ${table.slo.tpotMs} ms for ${100 * GOAL} % of requests; $${table.pricePerGpuHour} per GPU-hour; KV between workers over ${table.link}.`;
  return `## ${table.title}\n\n${slo}\n\n${grid(names, list, rowsOf(table))}\nTTFT distribution\n\n${grid(names, list, PERCENTILES)}\n`;
}

export function grid<T>(names: readonly string[], list: readonly T[], rows: readonly Row<T>[]): string {
  const head = `| | ${names.join(" | ")} |\n|---|${names.map(() => "---|").join("")}\n`;
  return head + rows.map(([name, of]) => `| ${name} | ${list.map(of).join(" | ")} |\n`).join("");
}

function rowsOf(table: Workload): Row<Measured>[] {
  const cost = ({ nodes }: Column): number => nodes * table.gpusPerNode * table.pricePerGpuHour * HOURS_A_MONTH;
  return [
    ["requests/s offered", ({ column }) => String(column.requestsPerSecond)],
    ["TTFT P50 / P99 ms", ({ result: { summary } }) => pair(summary.ttftMs.p50, summary.ttftMs.p99)],
    ["ITL P50 / P99 ms", ({ result: { summary } }) => pair(summary.itlMs.p50, summary.itlMs.p99)],
    ["output tokens/s", ({ result: { summary } }) => summary.outputTokensPerSecond.toFixed(0)],
    ["within the SLO %", ({ result: { summary } }) => (100 * summary.goodputFraction).toFixed(1)],
    ["SLO knee, requests/s", ({ kneePerSecond }) => (kneePerSecond > 0 ? kneePerSecond.toFixed(1) : "never met")],
    ["utilisation % (offered ÷ knee)", ({ column, kneePerSecond }) => share(column.requestsPerSecond, kneePerSecond)],
    ["KV hit rate %", ({ result: { summary } }) => (100 * summary.hitRate).toFixed(1)],
    ["split %", ({ result: { world, summary } }) => (world ? ((100 * world.split) / summary.ok).toFixed(0) : "–")],
    ["KV transfer P50 / P99 ms", ({ result: { world } }) => transfer(world?.transferMs)],
    ["cost a month $", ({ column }) => cost(column).toFixed(0)],
    [
      "cost per 1,000 queries $",
      ({ column }) => ((1000 * cost(column)) / (column.requestsPerSecond * SECONDS_A_MONTH)).toFixed(3),
    ],
  ];
}

const PERCENTILES = (["p50", "p75", "p90", "p95", "p99"] as const).map((key): Row<Measured> => [
  `TTFT ${key.toUpperCase()} ms`,
  ({ result: { summary } }) => summary.ttftMs[key].toFixed(0),
]);

export function share(offered: number, knee: number): string {
  return knee > 0 ? ((100 * offered) / knee).toFixed(0) : "–";
}

function transfer(times: { readonly p50: number; readonly p99: number } | undefined): string {
  return times === undefined ? "–" : pair(times.p50, times.p99);
}

function pair(a: number, b: number): string {
  return `${a.toFixed(a < 100 ? 1 : 0)} / ${b.toFixed(b < 100 ? 1 : 0)}`;
}
