// What a recording adds to the evidence: real prefix reuse by hashes, bursts by the minute, exact latencies, lengths.
import { type TraceRow, traceStatistics } from "../workload/index.ts";
import { type Evidence, type Slo, stateOf } from "./evidence.ts";
import { NO_EVIDENCE } from "./fields-evidence.ts";
import { p99OfValues } from "./latency.ts";
import { NEEDED_PER_INTERVAL, spreadOf } from "./observe.ts";
import type { Recording } from "./recording.ts";

const MINUTE_MS = 60_000;

export function withRecording(evidence: Evidence | undefined, recording: Recording, slo: Slo): Evidence {
  const base = evidence ?? NO_EVIDENCE;
  const { file, trace, ttftMs, models } = recording;
  const figures = traceStatistics(trace);
  const own = p99OfValues(ttftMs);
  const ttft = base.ttft ?? own;
  const hashed = trace.rows.some(({ hashIds }) => hashIds !== undefined);
  return {
    ...base,
    source: `${base.source === "" ? "" : `${base.source}; `}${file}: ${figures.requests} requests recorded`,
    spanHours: base.spanHours ?? figures.durationMs / 3_600_000,
    ttftSamples: Math.max(base.ttftSamples, ttftMs.length),
    ttft,
    ttftState: stateOf(ttft, slo.ttftP99Ms),
    prefixReuse: hashed ? figures.infiniteCacheHit : base.prefixReuse,
    peakToAverage: peakToAverage(trace.rows) ?? base.peakToAverage,
    requestRate: base.requestRate ?? figures.ratePerSecond,
    models: base.models.length > 0 ? base.models : models,
    inputTokens: figures.inputMean,
    outputTokens: figures.outputMean,
  };
}

function peakToAverage(rows: readonly TraceRow[]): number | undefined {
  const perMinute = new Map<number, number>();
  for (const { atMs } of rows) {
    const minute = Math.floor(atMs / MINUTE_MS);
    perMinute.set(minute, (perMinute.get(minute) ?? 0) + 1);
  }
  const minutes = Math.floor((rows.at(-1)?.atMs ?? 0) / MINUTE_MS);
  // The last minute is cut, so it says nothing.
  const spread = spreadOf(Array.from({ length: minutes }, (_, i) => perMinute.get(i) ?? 0));
  if (spread === undefined || minutes < 2 || spread.mean < NEEDED_PER_INTERVAL) return undefined;
  return spread.max / spread.mean;
}
