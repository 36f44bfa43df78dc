// Snapshots → an observation. Counters of one snapshot count since the server started.
import type { MetricHistogram, WorkerMetrics } from "../vllm/index.ts";
import type { GpuUtilization, Observation, Spread } from "./observation.ts";
import { finishedRequests, histogramIncrease, histogramSum, increase, isRestart, type Snapshot } from "./snapshot.ts";

/** A window this long stands for itself; a shorter one takes the counters since the server started. */
const OWN_WINDOW_SECONDS = 86_400;

export interface SourceNames {
  /** `http://…/metrics`, file names. */
  readonly source: string;
}

export function observe(given: readonly Snapshot[], { source }: SourceNames): Observation | undefined {
  const snapshots = given.toSorted((a, b) => a.at - b.at);
  const [first] = snapshots;
  const last = snapshots.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const window = (last.at - first.at) / 1000;
  const sinceStart = last.startedAt === undefined ? undefined : last.at / 1000 - last.startedAt;
  const ownWindow = window >= OWN_WINDOW_SECONDS || (snapshots.length > 1 && (sinceStart ?? 0) <= window);
  const span = ownWindow ? window : sinceStart;
  const scope = ownWindow ? "over the window" : "since the server started";
  const { metrics } = last;
  const counters = ownWindow ? overWindow(snapshots) : sinceTheStart(metrics);
  return {
    source: `${source}: ${snapshots.length} reading${snapshots.length === 1 ? "" : "s"} over ${Math.round(window)} s, counters ${scope}`,
    spanSeconds: span,
    ttft: counters.histogram((one) => one.ttft),
    itl: counters.histogram((one) => one.itl),
    queue: counters.histogram((one) => one.queue),
    requests: counters.count(finishedRequests),
    rate: rates(snapshots),
    ...gauges(snapshots),
    preemptions: counters.count((one) => one.preemptions),
    prefixQueries: counters.count((one) => one.prefixQueries),
    prefixHits: counters.count((one) => one.prefixHits),
    promptTokens: counters.count((one) => one.promptTokens),
    generationTokens: counters.count((one) => one.generationTokens),
    models: [...new Set(snapshots.flatMap((one) => one.metrics.models))],
    prefixCaching: metrics.cacheConfig.prefixCaching,
    gpuMemoryUtilization: metrics.cacheConfig.gpuMemoryUtilization,
    gpuUtilization: gpu(snapshots),
  };
}

interface Counters {
  count(read: (metrics: WorkerMetrics) => number | undefined): number | undefined;
  histogram(read: (metrics: WorkerMetrics) => MetricHistogram | undefined): MetricHistogram | undefined;
}

function sinceTheStart(metrics: WorkerMetrics): Counters {
  return { count: (read) => read(metrics), histogram: (read) => read(metrics) };
}

/** From reading to reading, so that a restart between them takes away nothing but what nobody read. */
function overWindow(snapshots: readonly Snapshot[]): Counters {
  const steps = snapshots.flatMap((after, i) => {
    const before = snapshots[i - 1];
    if (before === undefined) return [];
    return [{ before: isRestart(before, after) ? undefined : before.metrics, after: after.metrics }];
  });
  return {
    count: (read) => {
      const parts = steps.flatMap(({ before, after }) => increase(before && read(before), read(after)) ?? []);
      return parts.length === 0 ? undefined : parts.reduce((sum, one) => sum + one, 0);
    },
    histogram: (read) =>
      steps
        .map(({ before, after }) => histogramIncrease(before && read(before), read(after)))
        .reduce(histogramSum, undefined),
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
export const NEEDED_PER_INTERVAL = 20;

/** Ended requests a second between readings; with few intervals or few requests nothing is said of bursts. */
function rates(snapshots: readonly Snapshot[]): Spread | undefined {
  const found: number[] = [];
  let total = 0;
  for (const [i, one] of snapshots.entries()) {
    const before = snapshots[i - 1];
    if (before === undefined || one.at <= before.at) continue;
    const base = isRestart(before, one) ? undefined : finishedRequests(before.metrics);
    const done = increase(base, finishedRequests(one.metrics));
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
