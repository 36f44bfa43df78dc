// One reading of a server's /metrics page, and the difference between two.
import { type MetricHistogram, parseMetricsPage, readWorkerMetrics, type WorkerMetrics } from "../vllm/index.ts";

export interface Snapshot {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly metrics: WorkerMetrics;
  /** When the server's process started, seconds since the epoch. */
  readonly startedAt: number | undefined;
  /** Mean over the GPUs, 0…1. */
  readonly gpuUtilization: number | undefined;
}

const START = "process_start_time_seconds";
const DCGM = "DCGM_FI_DEV_GPU_UTIL";

/** `gpuPage` is that of a DCGM exporter; its figure may stand on the server's own page too. */
export function readSnapshot(page: string, at: number, gpuPage = page): Snapshot {
  const start = valuesOf(page, START);
  const gpus = valuesOf(gpuPage, DCGM);
  return {
    at,
    metrics: readWorkerMetrics(page),
    startedAt: start.length === 0 ? undefined : Math.min(...start),
    gpuUtilization: gpus.length === 0 ? undefined : gpus.reduce((sum, one) => sum + one, 0) / gpus.length / 100,
  };
}

function valuesOf(page: string, name: string): number[] {
  const { samples } = parseMetricsPage(page, new Set([name]));
  return samples.map(({ value }) => value).filter(Number.isFinite);
}

/** True when the page is one of a vLLM. */
export function isVllmPage({ metrics }: Snapshot): boolean {
  return metrics.running !== undefined || metrics.promptTokens !== undefined || metrics.ttft !== undefined;
}

/** A counter that went back was started anew: what it says since then. */
export function increase(before: number | undefined, after: number | undefined): number | undefined {
  if (after === undefined) return undefined;
  return before === undefined || after < before ? after : after - before;
}

export function histogramIncrease(
  before: MetricHistogram | undefined,
  after: MetricHistogram | undefined,
): MetricHistogram | undefined {
  if (after === undefined || before === undefined || before.edges.length !== after.edges.length) return after;
  const counts = after.counts.map((count, i) => count - (before.counts[i] ?? 0));
  if (after.count < before.count || counts.some((count) => count < 0)) return after;
  return { edges: after.edges, counts, sum: after.sum - before.sum, count: after.count - before.count };
}

/** Of a server that came back with other buckets the later ones count. */
export function histogramSum(
  a: MetricHistogram | undefined,
  b: MetricHistogram | undefined,
): MetricHistogram | undefined {
  if (a === undefined || b === undefined || a.edges.length !== b.edges.length) return b ?? a;
  const counts = b.counts.map((count, i) => count + (a.counts[i] ?? 0));
  return { edges: b.edges, counts, sum: a.sum + b.sum, count: a.count + b.count };
}

/** The process that the later reading is of began after the earlier one: all that it counted is new. */
export function isRestart(before: Snapshot, after: Snapshot): boolean {
  return after.startedAt !== undefined && after.startedAt * 1000 > before.at;
}

export function finishedRequests({ requestSuccess }: WorkerMetrics): number | undefined {
  const counts = Object.values(requestSuccess);
  return counts.length === 0 ? undefined : counts.reduce((sum, one) => sum + one, 0);
}
