// What a trace is like: lengths, rate, and the hit rate that an infinite cache would have.
import { percentile } from "../core/index.ts";
import type { Trace } from "./trace-row.ts";

export interface TraceStatistics {
  readonly requests: number;
  readonly durationMs: number;
  readonly ratePerSecond: number;
  readonly inputMean: number;
  readonly inputP99: number;
  readonly outputMean: number;
  readonly outputP99: number;
  /** Share of input tokens in blocks that an earlier request had, 0…1. */
  readonly infiniteCacheHit: number;
}

export function traceStatistics({ rows, blockTokens }: Trace): TraceStatistics {
  const inputs = rows.map((row) => row.inputTokens).sort((a, b) => a - b);
  const outputs = rows.map((row) => row.outputTokens).sort((a, b) => a - b);
  const total = inputs.reduce((sum, one) => sum + one, 0);
  const durationMs = rows.at(-1)?.atMs ?? 0;
  const seen = new Set<number>();
  let hit = 0;
  for (const { hashIds = [], inputTokens } of rows) {
    const fresh = hashIds.findIndex((id) => !seen.has(id));
    hit += Math.min(inputTokens, (fresh < 0 ? hashIds.length : fresh) * blockTokens);
    for (const id of hashIds) seen.add(id);
  }
  return {
    requests: rows.length,
    durationMs,
    ratePerSecond: durationMs > 0 ? (rows.length * 1000) / durationMs : Number.NaN,
    inputMean: total / rows.length,
    inputP99: percentile(inputs, 99),
    outputMean: outputs.reduce((sum, one) => sum + one, 0) / rows.length,
    outputP99: percentile(outputs, 99),
    infiniteCacheHit: hit / total,
  };
}
