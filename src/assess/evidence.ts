// An observation weighed: TTFT against the SLO, queueing, preemptions, cache, bursts; and the seed's fields from it.
import { rateLowerBound } from "../stats/index.ts";
import { p99Of, type QuantileRange } from "./latency.ts";
import type { GpuUtilization, Observation } from "./observation.ts";
import type { SeedFields } from "./seed-score.ts";

export interface Slo {
  readonly ttftP99Ms: number;
  readonly itlP99Ms: number | undefined;
}

export type SloState = "kept" | "near" | "broken" | "unknown";

export interface Evidence {
  readonly source: string;
  readonly spanHours: number | undefined;
  readonly ttftSamples: number;
  readonly ttft: QuantileRange | undefined;
  readonly ttftState: SloState;
  readonly itl: QuantileRange | undefined;
  readonly itlState: SloState;
  /** Requests that waited longer than the queue-time histogram's first edge: at least this share, with 95 % confidence. */
  readonly queued: number | undefined;
  readonly waiting: Observation["waiting"];
  readonly running: Observation["running"];
  readonly runningWhileWaiting?: Observation["running"];
  readonly kvUsage: Observation["kvUsage"];
  readonly preemptionsPerRequest: number | undefined;
  /** Cached share of prompt tokens, as vLLM counts them. */
  readonly prefixReuse: number | undefined;
  readonly prefixCaching: boolean | undefined;
  readonly gpuMemoryUtilization: number | undefined;
  readonly peakToAverage: number | undefined;
  readonly requestRate: number | undefined;
  /** Means of a request. */
  readonly inputTokens?: number | undefined;
  readonly outputTokens?: number | undefined;
  readonly models: readonly string[];
  readonly gpu: GpuUtilization | undefined;
}

export function weigh(seen: Observation, slo: Slo): Evidence {
  const ttft = p99Of(seen.ttft);
  const itl = p99Of(seen.itl);
  const { spanSeconds, requests } = seen;
  return {
    source: seen.source,
    spanHours: spanSeconds === undefined ? undefined : spanSeconds / 3600,
    ttftSamples: seen.ttft?.count ?? 0,
    ttft,
    ttftState: stateOf(ttft, slo.ttftP99Ms),
    itl,
    itlState: slo.itlP99Ms === undefined ? "unknown" : stateOf(itl, slo.itlP99Ms),
    queued: queuedShare(seen.queue),
    waiting: seen.waiting,
    running: seen.running,
    runningWhileWaiting: seen.runningWhileWaiting,
    kvUsage: seen.kvUsage,
    preemptionsPerRequest: ratio(seen.preemptions, requests),
    prefixReuse: ratio(seen.prefixHits, seen.prefixQueries),
    prefixCaching: seen.prefixCaching,
    gpuMemoryUtilization: seen.gpuMemoryUtilization,
    peakToAverage: ratio(seen.rate?.max, seen.rate?.mean),
    requestRate: seen.rate?.mean ?? ratio(requests, spanSeconds),
    inputTokens: ratio(seen.promptTokens, requests),
    outputTokens: ratio(seen.generationTokens, requests),
    models: seen.models,
    gpu: seen.gpuUtilization ?? standIn(seen),
  };
}

function ratio(part: number | undefined, whole: number | undefined): number | undefined {
  return part === undefined || whole === undefined || whole <= 0 ? undefined : part / whole;
}

/** `near` from 80 % of the SLO on, as the seed has it; where the interval holds the limit, it is near too. */
export function stateOf(range: QuantileRange | undefined, limit: number): SloState {
  if (range === undefined) return "unknown";
  if (range.low >= limit) return "broken";
  return range.high <= 0.8 * limit ? "kept" : "near";
}

function queuedShare(queue: Observation["queue"]): number | undefined {
  if (queue === undefined || queue.count === 0) return undefined;
  return rateLowerBound(queue.count - (queue.counts[0] ?? 0), queue.count, 0.95);
}

/** vLLM has no figure for GPUs; the share of its KV cache in use says how full it is, and is named so. */
function standIn({ kvUsage }: Observation): GpuUtilization | undefined {
  if (kvUsage === undefined) return undefined;
  return { mean: kvUsage.mean, source: "mean KV-cache usage stands in for GPU utilisation", standIn: true };
}

/** The figures that the seed's score takes. */
export function seedFieldsOf(evidence: Evidence, slo: Slo): SeedFields {
  return {
    gpu_utilization_avg: evidence.gpu?.mean,
    ttft_p99_ms: evidence.ttft?.estimate,
    ttft_slo_ms: slo.ttftP99Ms,
    num_models: evidence.models.length === 0 ? undefined : evidence.models.length,
    peak_to_avg_ratio: evidence.peakToAverage,
    system_prompt_reuse_rate: evidence.prefixReuse,
  };
}
