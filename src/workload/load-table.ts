// The figures of a load run as a table for the terminal.
import type { Distribution, LoadSummary } from "./load-summary.ts";

export function loadTable(summary: LoadSummary): string {
  const rows: [string, Distribution][] = [
    ["TTFT ms", summary.ttftMs],
    ["TTFT ms (first chunk)", summary.ttftFirstChunkMs],
    ["TPOT ms", summary.tpotMs],
    ["ITL ms", summary.itlMs],
    ["E2E ms", summary.e2eMs],
  ];
  const head = line("", ["mean", "p50", "p75", "p90", "p95", "p99", "p99.9", "max"]);
  const body = rows.map(([name, one]) => line(name, cells(one)));
  return [overview(summary), "", head, ...body, ...notes(summary)].join("\n");
}

function cells({ mean, p50, p75, p90, p95, p99, p999, max }: Distribution): string[] {
  return [mean, p50, p75, p90, p95, p99, p999, max].map((value) => figure(value));
}

function line(name: string, columns: readonly string[]): string {
  return name.padEnd(22) + columns.map((text) => text.padStart(10)).join("");
}

function overview(summary: LoadSummary): string {
  const { requests, ok, failed, durationMs, requestsPerSecond, outputTokensPerSecond } = summary;
  return [
    `requests       ${requests} (${ok} ok, ${failed} failed) in ${figure(durationMs / 1000)} s`,
    `throughput     ${figure(requestsPerSecond)} requests/s, ${figure(outputTokensPerSecond)} output tokens/s`,
    `goodput        ${figure(summary.goodputFraction * 100)} % of issued requests, ${figure(summary.goodputPerSecond)} requests/s`,
    `cache hit      ${Number.isNaN(summary.hitRate) ? "not reported by the server" : `${figure(summary.hitRate * 100)} % of prompt tokens`}`,
    `tokens/chunk   ${figure(summary.tokensPerChunk)}`,
    `schedule lag   p50 ${figure(summary.scheduleLagMs.p50)} ms, p99 ${figure(summary.scheduleLagMs.p99)} ms`,
  ].join("\n");
}

function notes(summary: LoadSummary): string[] {
  const found = Object.entries(summary.failures).map(([why, count]) => `failed ${count} ×: ${why}`);
  if (summary.behindSchedule) {
    found.push(
      "WARNING: the client could not keep its own schedule (p99 lag above 10 ms); the latencies are not the server's alone",
    );
  }
  return found.length > 0 ? ["", ...found] : [];
}

function figure(value: number): string {
  if (!Number.isFinite(value)) return "–";
  return value >= 1000 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
