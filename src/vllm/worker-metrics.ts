// What is read from a worker's /metrics page, under the names of vLLM today and of older releases.
import { type MetricSample, parseMetricsPage } from "./metrics-page.ts";

export interface MetricHistogram {
  /** Upper edges, ascending, the last one Infinity. */
  readonly edges: readonly number[];
  /** Cumulative, one an edge. */
  readonly counts: readonly number[];
  readonly sum: number;
  readonly count: number;
}

/** A field is undefined when the page does not have it. Several engines (data parallel) are summed, usage is their mean. */
export interface WorkerMetrics {
  readonly running: number | undefined;
  readonly waiting: number | undefined;
  readonly waitingByReason: Readonly<Record<string, number>>;
  /** 0…1 */
  readonly kvUsage: number | undefined;
  readonly cacheConfig: WorkerCacheConfig;
  /** Tokens looked up in the prefix cache, and found. */
  readonly prefixQueries: number | undefined;
  readonly prefixHits: number | undefined;
  readonly promptTokens: number | undefined;
  readonly generationTokens: number | undefined;
  readonly preemptions: number | undefined;
  /** local_compute, local_cache_hit, external_kv_transfer */
  readonly promptTokensBySource: Readonly<Record<string, number>>;
  /** stop, length, abort, error, repetition */
  readonly requestSuccess: Readonly<Record<string, number>>;
  readonly ttft: MetricHistogram | undefined;
  readonly itl: MetricHistogram | undefined;
  readonly e2e: MetricHistogram | undefined;
  readonly queue: MetricHistogram | undefined;
  /** Values of `model_name`, in the order of the page. */
  readonly models: readonly string[];
  /** Values of `engine`, in the order of the page. */
  readonly engines: readonly string[];
  /** Lines of these families that could not be read. */
  readonly malformed: number;
}

export interface WorkerCacheConfig {
  readonly blockSize: number | undefined;
  /** Of one engine. */
  readonly numGpuBlocks: number | undefined;
  readonly prefixCaching: boolean | undefined;
  readonly hashAlgorithm: string | undefined;
  readonly gpuMemoryUtilization: number | undefined;
}

/** First the name of today, then older ones: V0 and V1 before 0.12 (vllm.md §3, history). */
const SCALARS = {
  running: ["vllm:num_requests_running"],
  waiting: ["vllm:num_requests_waiting"],
  kvUsage: ["vllm:kv_cache_usage_perc", "vllm:gpu_cache_usage_perc"],
  prefixQueries: [
    "vllm:prefix_cache_queries_total",
    "vllm:gpu_prefix_cache_queries_total",
    "vllm:gpu_prefix_cache_queries",
  ],
  prefixHits: ["vllm:prefix_cache_hits_total", "vllm:gpu_prefix_cache_hits_total", "vllm:gpu_prefix_cache_hits"],
  promptTokens: ["vllm:prompt_tokens_total"],
  generationTokens: ["vllm:generation_tokens_total"],
  preemptions: ["vllm:num_preemptions_total"],
} as const;

const HISTOGRAMS = {
  ttft: ["vllm:time_to_first_token_seconds"],
  itl: ["vllm:inter_token_latency_seconds", "vllm:time_per_output_token_seconds"],
  e2e: ["vllm:e2e_request_latency_seconds"],
  queue: ["vllm:request_queue_time_seconds", "vllm:time_in_queue_requests"],
} as const;

const BY_LABEL = {
  waitingByReason: ["vllm:num_requests_waiting_by_reason", "reason"],
  promptTokensBySource: ["vllm:prompt_tokens_by_source_total", "source"],
  requestSuccess: ["vllm:request_success_total", "finished_reason"],
} as const;

const CACHE_CONFIG = "vllm:cache_config_info";

const WANTED: ReadonlySet<string> = new Set([
  ...Object.values(SCALARS).flat(),
  ...Object.values(HISTOGRAMS).flatMap((names) =>
    names.flatMap((name) => [`${name}_bucket`, `${name}_sum`, `${name}_count`]),
  ),
  ...Object.values(BY_LABEL).map(([name]) => name),
  CACHE_CONFIG,
]);

type Samples = ReadonlyMap<string, readonly MetricSample[]>;

/** Total: takes any text. */
export function readWorkerMetrics(text: string): WorkerMetrics {
  const page = parseMetricsPage(text, WANTED);
  const samples = grouped(page.samples);
  return {
    running: sum(samples, SCALARS.running),
    waiting: sum(samples, SCALARS.waiting),
    waitingByReason: byLabel(samples, BY_LABEL.waitingByReason),
    kvUsage: mean(samples, SCALARS.kvUsage),
    cacheConfig: cacheConfigOf(samples.get(CACHE_CONFIG)?.[0]),
    prefixQueries: sum(samples, SCALARS.prefixQueries),
    prefixHits: sum(samples, SCALARS.prefixHits),
    promptTokens: sum(samples, SCALARS.promptTokens),
    generationTokens: sum(samples, SCALARS.generationTokens),
    preemptions: sum(samples, SCALARS.preemptions),
    promptTokensBySource: byLabel(samples, BY_LABEL.promptTokensBySource),
    requestSuccess: byLabel(samples, BY_LABEL.requestSuccess),
    ttft: histogram(samples, HISTOGRAMS.ttft),
    itl: histogram(samples, HISTOGRAMS.itl),
    e2e: histogram(samples, HISTOGRAMS.e2e),
    queue: histogram(samples, HISTOGRAMS.queue),
    models: labelValues(page.samples, "model_name"),
    engines: labelValues(page.samples, "engine"),
    malformed: page.malformed,
  };
}

function grouped(samples: readonly MetricSample[]): Samples {
  const groups = new Map<string, MetricSample[]>();
  for (const sample of samples) {
    const group = groups.get(sample.name);
    if (group === undefined) groups.set(sample.name, [sample]);
    else group.push(sample);
  }
  return groups;
}

/** Samples of the first of `names` that the page has. */
function firstOf(samples: Samples, names: readonly string[]): readonly MetricSample[] {
  for (const name of names) {
    const found = samples.get(name)?.filter((sample) => Number.isFinite(sample.value));
    if (found !== undefined && found.length > 0) return found;
  }
  return [];
}

function sum(samples: Samples, names: readonly string[]): number | undefined {
  const found = firstOf(samples, names);
  return found.length === 0 ? undefined : found.reduce((total, sample) => total + sample.value, 0);
}

function mean(samples: Samples, names: readonly string[]): number | undefined {
  const found = firstOf(samples, names);
  return found.length === 0 ? undefined : found.reduce((total, sample) => total + sample.value, 0) / found.length;
}

function byLabel(samples: Samples, [name, label]: readonly [string, string]): Record<string, number> {
  const totals = new Map<string, number>();
  for (const sample of firstOf(samples, [name])) {
    const key = sample.labels[label];
    if (key !== undefined) totals.set(key, (totals.get(key) ?? 0) + sample.value);
  }
  return Object.fromEntries(totals);
}

function histogram(samples: Samples, names: readonly string[]): MetricHistogram | undefined {
  const name = names.find((one) => samples.has(`${one}_bucket`));
  if (name === undefined) return undefined;
  const counts = new Map<number, number>();
  for (const sample of firstOf(samples, [`${name}_bucket`])) {
    const le = sample.labels["le"];
    const edge = le === "+Inf" ? Infinity : Number(le);
    if (!Number.isNaN(edge)) counts.set(edge, (counts.get(edge) ?? 0) + sample.value);
  }
  const edges = [...counts.keys()].sort((a, b) => a - b);
  const cumulative = edges.map((edge) => counts.get(edge) ?? 0);
  return {
    edges,
    counts: cumulative,
    sum: sum(samples, [`${name}_sum`]) ?? 0,
    count: sum(samples, [`${name}_count`]) ?? cumulative.at(-1) ?? 0,
  };
}

function cacheConfigOf(sample: MetricSample | undefined): WorkerCacheConfig {
  const labels = sample?.labels ?? {};
  const caching = labels["enable_prefix_caching"];
  return {
    blockSize: positive(labels["block_size"]),
    numGpuBlocks: positive(labels["num_gpu_blocks"]),
    prefixCaching: caching === "True" ? true : caching === "False" ? false : undefined,
    hashAlgorithm: labels["prefix_caching_hash_algo"],
    gpuMemoryUtilization: positive(labels["gpu_memory_utilization"]),
  };
}

/** Labels are Python's str(): `None` when unset. */
function positive(text: string | undefined): number | undefined {
  const value = text === undefined ? Number.NaN : Number(text);
  return value > 0 && Number.isFinite(value) ? value : undefined;
}

function labelValues(samples: readonly MetricSample[], label: string): string[] {
  const values = new Set<string>();
  for (const sample of samples) {
    const value = sample.labels[label];
    if (value !== undefined) values.add(value);
  }
  return [...values];
}
