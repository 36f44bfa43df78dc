// Results as text for the terminal, and as CSV.
import type { VariantComparison } from "./comparison.ts";
import type { SimulationResult } from "./simulation-result.ts";
import type { VariantResult } from "./sweep.ts";

type Column = readonly [string, (result: SimulationResult) => string];

const COLUMNS: readonly Column[] = [
  ["goodput %", ({ summary }) => percent(summary.goodputFraction, 2)],
  ["TTFT mean", ({ summary }) => figure(summary.ttftMs.mean)],
  ["p50", ({ summary }) => figure(summary.ttftMs.p50)],
  ["p99 ms", ({ summary }) => figure(summary.ttftMs.p99)],
  ["÷ unloaded p99", ({ ttftRatio }) => figure(ttftRatio.p99)],
  ["TPOT mean", ({ summary }) => figure(summary.tpotMs.mean)],
  ["p99 ms", ({ summary }) => figure(summary.tpotMs.p99)],
  ["ITL p50", ({ summary }) => figure(summary.itlMs.p50)],
  ["p99 ms", ({ summary }) => figure(summary.itlMs.p99)],
  ["hit %", ({ summary }) => percent(summary.hitRate)],
  ["tokens/s", ({ summary }) => figure(summary.outputTokensPerSecond)],
  ["imbalance", ({ imbalance }) => figure(imbalance)],
  ["failed", ({ summary }) => String(summary.failed)],
];

export function resultTable(variants: readonly VariantResult[]): string {
  const several = variants.some(({ results }) => results.length > 1);
  const head = ["policy", ...(several ? ["seed"] : []), ...COLUMNS.map(([name]) => name)];
  const rows = variants.flatMap(({ name, results }) =>
    results.map((one) => [name, ...(several ? [one.seed] : []), ...COLUMNS.map(([, of]) => of(one))]),
  );
  return aligned([head, ...rows]);
}

export function workerTable({ workers }: SimulationResult): string {
  const head = ["worker", "profile", "requests", "hit %", "output tokens", "busy %", "preemptions"];
  const rows = workers.map((one) => [
    one.id,
    one.profile,
    String(one.requests),
    percent(one.hitRate),
    String(one.outputTokens),
    percent(one.busy),
    String(one.preemptions),
  ]);
  return aligned([head, ...rows]);
}

/** Pairs, transfers and failures; undefined when no run had a world. */
export function worldTable(variants: readonly VariantResult[]): string | undefined {
  const head = [
    "policy",
    "seed",
    "split",
    "whole",
    "transfer p50",
    "p99 ms",
    "dead workers",
    "retries",
    "failed, by why",
  ];
  const rows = variants.flatMap(({ name, results }) =>
    results.flatMap(({ seed, world }) => {
      if (world === undefined) return [];
      const { split, whole, transferMs, workerFailures, retries, failed } = world;
      const why = Object.entries(failed).map(([reason, count]) => `${count} ${reason}`);
      const times = [figure(transferMs?.p50 ?? Number.NaN), figure(transferMs?.p99 ?? Number.NaN)];
      const counts = [workerFailures, retries].map(String);
      return [[name, seed, String(split), String(whole), ...times, ...counts, why.join("; ") || "–"]];
    }),
  );
  return rows.length === 0 ? undefined : aligned([head, ...rows]);
}

/** As the table of results calls them. */
const SHARES: Readonly<Record<string, string>> = { goodput: "goodput %", "cache hit": "hit %" };

export function comparisonTable(list: readonly VariantComparison[]): string {
  const head = ["policy", "metric", "value", "− first", "95 % interval"];
  const rows = list.flatMap(({ name, metrics }, i) =>
    metrics.map(({ metric, value, difference, low, high }) => {
      const share = SHARES[metric];
      const shown = share === undefined ? small : (of: number) => percent(of, 2);
      const interval = Number.isFinite(low) ? `${shown(low)} … ${shown(high)}` : "–";
      return [name, share ?? metric, shown(value), ...(i === 0 ? ["", ""] : [shown(difference), interval])];
    }),
  );
  const seeds = list[0]?.seeds ?? 0;
  return `${aligned([head, ...rows])}\n${seeds} seed${seeds === 1 ? "" : "s"}; bootstrap over seeds`;
}

const CSV: readonly Column[] = [
  ["goodput", ({ summary }) => String(summary.goodputFraction)],
  ["ttft_mean_ms", ({ summary }) => String(summary.ttftMs.mean)],
  ["ttft_p50_ms", ({ summary }) => String(summary.ttftMs.p50)],
  ["ttft_p99_ms", ({ summary }) => String(summary.ttftMs.p99)],
  ["ttft_ratio_p99", ({ ttftRatio }) => String(ttftRatio.p99)],
  ["tpot_mean_ms", ({ summary }) => String(summary.tpotMs.mean)],
  ["tpot_p99_ms", ({ summary }) => String(summary.tpotMs.p99)],
  ["hit", ({ summary }) => String(summary.hitRate)],
  ["failed", ({ summary }) => String(summary.failed)],
  ["itl_p99_ms", ({ summary }) => String(summary.itlMs.p99)],
  ["e2e_p99_ms", ({ summary }) => String(summary.e2eMs.p99)],
  ["requests", ({ summary }) => String(summary.requests)],
  ["not_counted", ({ notCounted }) => String(notCounted)],
  ["offered_per_s", ({ offeredPerSecond }) => String(offeredPerSecond)],
  ["output_tokens_per_s", ({ summary }) => String(summary.outputTokensPerSecond)],
  ["imbalance", (one) => String(one.imbalance)],
  ["interrupted", ({ interrupted }) => String(interrupted)],
];

/** One line a run. */
export function resultCsv(variants: readonly VariantResult[]): string {
  const head = ["policy", "seed", ...CSV.map(([name]) => name)];
  const rows = variants.flatMap(({ name, results }) =>
    results.map((one) => [quoted(name), quoted(one.seed), ...CSV.map(([, of]) => of(one))]),
  );
  return [...[head, ...rows].map((cells) => cells.join(",")), ""].join("\n");
}

/** RFC 4180. */
function quoted(text: string): string {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function aligned(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  return rows
    .map((row) =>
      row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join("  "),
    )
    .join("\n");
}

function figure(value: number): string {
  if (!Number.isFinite(value)) return "–";
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

function small(value: number): string {
  return Math.abs(value) < 10 ? value.toFixed(4) : figure(value);
}

function percent(share: number, digits = 1): string {
  return Number.isFinite(share) ? (100 * share).toFixed(digits) : "–";
}
