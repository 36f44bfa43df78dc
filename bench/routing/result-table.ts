// The figures of all algorithms side by side, as Markdown.
import type { AlgorithmResult } from "./replay.ts";

export function resultTable(results: readonly AlgorithmResult[]): string {
  const head =
    "| algorithm | goodput % | TTFT mean / p50 / p99 ms | TPOT p99 ms | cache hit % | predicted = reported, % of blocks (of cached) | ok / failed |";
  const rows = results.map(({ algorithm, summary, agreement }) => {
    const { ttftMs, tpotMs, goodputFraction, hitRate, ok, failed } = summary;
    const cells = [
      algorithm,
      percent(goodputFraction),
      `${ttftMs.mean.toFixed(0)} / ${ttftMs.p50.toFixed(0)} / ${ttftMs.p99.toFixed(0)}`,
      tpotMs.p99.toFixed(1),
      percent(hitRate),
      agreement.requests === 0
        ? "–"
        : `${(agreement.ofBlocks * 100).toFixed(2)} (${(agreement.ofCachedBlocks * 100).toFixed(2)})`,
      `${ok} / ${failed}`,
    ];
    return `| ${cells.join(" | ")} |`;
  });
  const notes = results.flatMap(({ algorithm, summary }) => [
    ...(summary.behindSchedule
      ? [
          `${algorithm}: the client fell behind its schedule (p99 lag ${summary.scheduleLagMs.p99.toFixed(0)} simulated ms)`,
        ]
      : []),
    ...Object.entries(summary.failures).map(([why, count]) => `${algorithm}: failed ${count} ×: ${why}`),
  ]);
  return [head, "|---|---|---|---|---|---|---|", ...rows, "", ...notes].join("\n");
}

function percent(share: number): string {
  return (share * 100).toFixed(1);
}
