// Snapshots in order of time → an observation. Counters of one snapshot count since the server started.
import type { WorkerMetrics } from "../vllm/index.ts";
import type { GpuUtilization, Observation, Spread } from "./observation.ts";
import { finishedRequests, histogramIncrease, increase, type Snapshot } from "./snapshot.ts";

/** A window this long stands for itself; a shorter one takes the counters since the server started. */
const OWN_WINDOW_SECONDS = 86_400;

export interface SourceNames {
  /** `http://…/metrics`, file names. */
  readonly source: string;
}

export function observe(snapshots: readonly Snapshot[], { source }: SourceNames): Observation | undefined {
  const [first] = snapshots;
  const last = snapshots.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const window = (last.at - first.at) / 1000;
  const sinceStart = last.startedAt === undefined ? undefined : last.at / 1000 - last.startedAt;
  const ownWindow = window >= OWN_WINDOW_SECONDS || (snapshots.length > 1 && (sinceStart ?? 0) <= window);
  const base = ownWindow ? first.metrics : undefined;
  const span = ownWindow ? window : sinceStart;
  const scope = ownWindow ? "over the window" : "since the server started";
  const { metrics } = last;
  const requests = increase(base && finishedRequests(base), finishedRequests(metrics));
  return {
    source: `${source}: ${snapshots.length} readings over ${Math.round(window)} s, counters ${scope}`,
    spanSeconds: span,
    ttft: histogramIncrease(base?.ttft, metrics.ttft),
    itl: histogramIncrease(base?.itl, metrics.itl),
    queue: histogramIncrease(base?.queue, metrics.queue),
    requests,
    rate: rates(snapshots),
    ...gauges(snapshots),
    preemptions: increase(base?.preemptions, metrics.preemptions),
    prefixQueries: increase(base?.prefixQueries, metrics.prefixQueries),
    prefixHits: increase(base?.prefixHits, metrics.prefixHits),
    promptTokens: increase(base?.promptTokens, metrics.promptTokens),
    generationTokens: increase(base?.generationTokens, metrics.generationTokens),
    models: [...new Set(snapshots.flatMap((one) => one.metrics.models))],
    prefixCaching: metrics.cacheConfig.prefixCaching,
    gpuMemoryUtilization: metrics.cacheConfig.gpuMemoryUtilization,
    gpuUtilization: gpu(snapshots),
  };
}

function gauges(
  snapshots: readonly Snapshot[],
): Pick<Observation, "kvUsage" | "running" | "waiting" | "runningWhileWaiting"> {
  const of = (read: (metrics: WorkerMetrics) => number | undefined): Spread | undefined =>
    spreadOf(snapshots.flatMap(({ metrics }) => read(metrics) ?? []));
  return {
    kvUsage: of((one) => one.kvUsage),
    running: of((one) => one.running),
    waiting: of((one) => one.waiting),
    runningWhileWaiting: of((one) => ((one.waiting ?? 0) >= 1 ? one.running : undefined)),
  };
}

export function spreadOf(values: readonly number[]): Spread | undefined {
  if (values.length === 0) return undefined;
  const mean = values.reduce((sum, one) => sum + one, 0) / values.length;
  return { mean, max: values.reduce((a, b) => Math.max(a, b)), samples: values.length };
}

/** Below this mean, chance alone makes peaks of twice the mean. */
const NEEDED_PER_INTERVAL = 20;

/** Ended requests a second between readings; with few intervals or few requests nothing is said of bursts. */
function rates(snapshots: readonly Snapshot[]): Spread | undefined {
  const found: number[] = [];
  let total = 0;
  for (const [i, one] of snapshots.entries()) {
    const before = snapshots[i - 1];
    if (before === undefined || one.at <= before.at) continue;
    const done = increase(finishedRequests(before.metrics), finishedRequests(one.metrics));
    if (done === undefined) continue;
    total += done;
    found.push((done * 1000) / (one.at - before.at));
  }
  return found.length < 2 || total < NEEDED_PER_INTERVAL * found.length ? undefined : spreadOf(found);
}

function gpu(snapshots: readonly Snapshot[]): GpuUtilization | undefined {
  const spread = spreadOf(snapshots.flatMap(({ gpuUtilization }) => gpuUtilization ?? []));
  return spread && { mean: spread.mean, source: "DCGM", standIn: false };
}
