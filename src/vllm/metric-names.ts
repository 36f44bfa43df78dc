// The families of vLLM's /metrics page (0.32) in the order of the page: the simulated engine renders them, readers look them up.

export type MetricType = "counter" | "gauge" | "histogram";

export interface MetricFamily {
  /** Without the suffixes `_total`, `_created`, `_bucket`, `_sum`, `_count`. */
  readonly name: string;
  readonly type: MetricType;
  readonly help: string;
  /** Alphabetical, as on the page (`le` is sorted in among them). */
  readonly labels: readonly string[];
  /** Values, in the order of the page, of labels that have a fixed set. */
  readonly values?: Readonly<Record<string, readonly string[]>>;
  /** Upper edges without +Inf; `token-counts`: `tokenCountBuckets(max_model_len)`. */
  readonly buckets?: readonly number[] | "token-counts";
  /** Only with --enable-mfu-metrics, --kv-cache-metrics, or a NIXL connector; always when absent. */
  readonly when?: "mfu" | "blocks" | "nixl";
}

const PER_ENGINE = ["engine", "model_name"];
const TOKEN_COUNTS = "token-counts";
const ITERATION_TOKENS = [1, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384];
const CHOICES = [1, 2, 5, 10, 20];
const FIRST_TOKEN = [
  0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640, 2560,
];
const TOKEN_GAP = [0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80];
const REQUEST_TIME = [0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680];
const PREEMPTIONS = [1, 2, 3, 4, 5, 10, 20];
const SLEEP_TIME = [0.01, 0.1, 1, 10, 30, 60, 120, 300, 600];
const BLOCK_LIFE = [
  0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800,
];
const TRANSFER_TIME = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 5];
const POST_TIME = [0.001, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 5];
const TRANSFER_BYTES = [
  2048, 8192, 32768, 131072, 524288, 2097152, 8388608, 33554432, 134217728, 536870912, 2147483648, 8589934592,
];
const DESCRIPTORS = [10, 20, 30, 50, 75, 100, 200, 400, 1000, 2000, 4000, 10000, 20000, 50000];

/** Every field of vLLM's CacheConfig, its value in Python's spelling; the value of the metric is 1. */
const CACHE_CONFIG = [
  "_block_size_resolved",
  "block_size",
  "cache_dtype",
  "cache_hit_alignment_tokens",
  "effective_attention_block_size",
  "enable_mamba_shared_prefix_checkpoint",
  "enable_prefix_caching",
  "engine",
  "gpu_memory_utilization",
  "hash_block_size",
  "is_attention_free",
  "kv_cache_dtype_skip_layers",
  "kv_cache_layout",
  "kv_cache_max_concurrency",
  "kv_cache_memory_bytes",
  "kv_cache_size_tokens",
  "kv_offloading_backend",
  "kv_offloading_size",
  "kv_sharing_fast_prefill",
  "mamba_block_size",
  "mamba_cache_dtype",
  "mamba_cache_mode",
  "mamba_page_size_padded",
  "mamba_ssm_cache_dtype",
  "num_cpu_blocks",
  "num_gpu_blocks",
  "num_gpu_blocks_override",
  "prefix_cache_retention_interval",
  "prefix_caching_hash_algo",
  "prefix_match_unit",
  "replayssm_buffer_len",
  "skip_page_size_padded",
  "sliding_window",
  "swa_bounded_replay",
  "use_kda_recoverssm",
  "use_replayssm",
  "user_specified_block_size",
];

export const VLLM_METRICS: readonly MetricFamily[] = [
  {
    name: "vllm:estimated_flops_per_gpu",
    type: "counter",
    help: "Estimated number of floating point operations per GPU (for Model Flops Utilization calculations).",
    labels: PER_ENGINE,
    when: "mfu",
  },
  {
    name: "vllm:estimated_read_bytes_per_gpu",
    type: "counter",
    help: "Estimated number of bytes read from memory per GPU (for Model Flops Utilization calculations).",
    labels: PER_ENGINE,
    when: "mfu",
  },
  {
    name: "vllm:estimated_write_bytes_per_gpu",
    type: "counter",
    help: "Estimated number of bytes written to memory per GPU (for Model Flops Utilization calculations).",
    labels: PER_ENGINE,
    when: "mfu",
  },
  {
    name: "vllm:num_requests_running",
    type: "gauge",
    help: "Number of requests in model execution batches.",
    labels: PER_ENGINE,
  },
  {
    name: "vllm:num_requests_waiting",
    type: "gauge",
    help: "Number of requests waiting to be processed.",
    labels: PER_ENGINE,
  },
  {
    name: "vllm:num_requests_waiting_by_reason",
    type: "gauge",
    help: "Number of waiting requests by reason. Reason labels: 'capacity' = waiting for scheduling capacity; 'deferred' = deferred by transient constraints (LoRA budget, KV transfer, blocked status). Sum of all reasons equals vllm:num_requests_waiting.",
    labels: ["engine", "model_name", "reason"],
    values: { reason: ["capacity", "deferred"] },
  },
  {
    name: "vllm:engine_sleep_state",
    type: "gauge",
    help: "Engine sleep state; awake = 0 means engine is sleeping; awake = 1 means engine is awake; weights_offloaded = 1 means sleep level 1; discard_all = 1 means sleep level 2.",
    labels: ["engine", "model_name", "sleep_state"],
    values: { sleep_state: ["awake", "weights_offloaded", "discard_all"] },
  },
  {
    name: "vllm:kv_cache_usage_perc",
    type: "gauge",
    help: "KV-cache usage. 1 means 100 percent usage.",
    labels: PER_ENGINE,
  },
  {
    name: "vllm:prefix_cache_queries",
    type: "counter",
    help: "Prefix cache queries, in terms of number of queried tokens.",
    labels: PER_ENGINE,
  },
  {
    name: "vllm:prefix_cache_hits",
    type: "counter",
    help: "Prefix cache hits, in terms of number of cached tokens.",
    labels: PER_ENGINE,
  },
  {
    name: "vllm:external_prefix_cache_queries",
    type: "counter",
    help: "External prefix cache queries from KV connector cross-instance cache sharing, in terms of number of queried tokens.",
    labels: PER_ENGINE,
  },
  {
    name: "vllm:external_prefix_cache_hits",
    type: "counter",
    help: "External prefix cache hits from KV connector cross-instance cache sharing, in terms of number of cached tokens.",
    labels: PER_ENGINE,
  },
  {
    name: "vllm:mm_cache_queries",
    type: "counter",
    help: "Multi-modal cache queries, in terms of number of queried items.",
    labels: PER_ENGINE,
  },
  {
    name: "vllm:mm_cache_hits",
    type: "counter",
    help: "Multi-modal cache hits, in terms of number of cached items.",
    labels: PER_ENGINE,
  },
  {
    name: "vllm:num_preemptions",
    type: "counter",
    help: "Cumulative number of preemption from the engine.",
    labels: PER_ENGINE,
  },
  { name: "vllm:prompt_tokens", type: "counter", help: "Number of prefill tokens processed.", labels: PER_ENGINE },
  {
    name: "vllm:prompt_tokens_by_source",
    type: "counter",
    help: "Number of prompt tokens by source.",
    labels: ["engine", "model_name", "source"],
    values: { source: ["local_compute", "local_cache_hit", "external_kv_transfer"] },
  },
  {
    name: "vllm:prompt_tokens_cached",
    type: "counter",
    help: "Number of cached prompt tokens (local + external).",
    labels: PER_ENGINE,
  },
  {
    name: "vllm:prompt_tokens_cached_by_source",
    type: "counter",
    help: "Prefix-cache hit tokens by the cache tier that supplied them: device (local HBM), host (offloaded to DRAM), disk, p2p (transferred from another vLLM instance) or external_unspecified. Counted at admission; sums to vllm:prefix_cache_hits + vllm:external_prefix_cache_hits.",
    labels: ["engine", "model_name", "source"],
    values: { source: ["device", "host", "p2p", "disk", "external_unspecified"] },
  },
  {
    name: "vllm:generation_tokens",
    type: "counter",
    help: "Number of generation tokens processed.",
    labels: PER_ENGINE,
  },
  {
    name: "vllm:request_success",
    type: "counter",
    help: "Count of successfully processed requests.",
    labels: ["engine", "finished_reason", "model_name"],
    values: { finished_reason: ["stop", "length", "abort", "error", "repetition"] },
  },
  {
    name: "vllm:admission_rejections",
    type: "counter",
    help: "Number of admission attempts rejected by a queue limit, by reason.",
    labels: ["model_name", "reason"],
    values: { reason: ["max_num_queued_reqs", "max_num_queued_tokens"] },
  },
  {
    name: "vllm:request_prompt_tokens",
    type: "histogram",
    help: "Number of prefill tokens processed.",
    labels: PER_ENGINE,
    buckets: TOKEN_COUNTS,
  },
  {
    name: "vllm:request_generation_tokens",
    type: "histogram",
    help: "Number of generation tokens processed.",
    labels: PER_ENGINE,
    buckets: TOKEN_COUNTS,
  },
  {
    name: "vllm:iteration_tokens_total",
    type: "histogram",
    help: "Histogram of number of tokens per engine_step.",
    labels: PER_ENGINE,
    buckets: ITERATION_TOKENS,
  },
  {
    name: "vllm:request_max_num_generation_tokens",
    type: "histogram",
    help: "Histogram of maximum number of requested generation tokens.",
    labels: PER_ENGINE,
    buckets: TOKEN_COUNTS,
  },
  {
    name: "vllm:request_params_n",
    type: "histogram",
    help: "Histogram of the n request parameter.",
    labels: PER_ENGINE,
    buckets: CHOICES,
  },
  {
    name: "vllm:request_params_max_tokens",
    type: "histogram",
    help: "Histogram of the max_tokens request parameter.",
    labels: PER_ENGINE,
    buckets: TOKEN_COUNTS,
  },
  {
    name: "vllm:time_to_first_token_seconds",
    type: "histogram",
    help: "Histogram of time to first token in seconds.",
    labels: PER_ENGINE,
    buckets: FIRST_TOKEN,
  },
  {
    name: "vllm:inter_token_latency_seconds",
    type: "histogram",
    help: "Histogram of inter-token latency in seconds.",
    labels: PER_ENGINE,
    buckets: TOKEN_GAP,
  },
  {
    name: "vllm:request_time_per_output_token_seconds",
    type: "histogram",
    help: "Histogram of time_per_output_token_seconds per request.",
    labels: PER_ENGINE,
    buckets: TOKEN_GAP,
  },
  {
    name: "vllm:e2e_request_latency_seconds",
    type: "histogram",
    help: "Histogram of e2e request latency in seconds.",
    labels: PER_ENGINE,
    buckets: REQUEST_TIME,
  },
  {
    name: "vllm:request_queue_time_seconds",
    type: "histogram",
    help: "Histogram of time spent in WAITING phase for request.",
    labels: PER_ENGINE,
    buckets: REQUEST_TIME,
  },
  {
    name: "vllm:request_inference_time_seconds",
    type: "histogram",
    help: "Histogram of time spent in RUNNING phase for request.",
    labels: PER_ENGINE,
    buckets: REQUEST_TIME,
  },
  {
    name: "vllm:request_prefill_time_seconds",
    type: "histogram",
    help: "Histogram of time spent in PREFILL phase for request.",
    labels: PER_ENGINE,
    buckets: REQUEST_TIME,
  },
  {
    name: "vllm:request_decode_time_seconds",
    type: "histogram",
    help: "Histogram of time spent in DECODE phase for request.",
    labels: PER_ENGINE,
    buckets: REQUEST_TIME,
  },
  {
    name: "vllm:request_num_preemptions",
    type: "histogram",
    help: "Histogram of the number of times a request was preempted.",
    labels: PER_ENGINE,
    buckets: PREEMPTIONS,
  },
  {
    name: "vllm:request_prefill_kv_computed_tokens",
    type: "histogram",
    help: "Histogram of new KV tokens computed during prefill (excluding cached tokens).",
    labels: PER_ENGINE,
    buckets: TOKEN_COUNTS,
  },
  {
    name: "vllm:cache_config_info",
    type: "gauge",
    help: "Information of the LLMEngine CacheConfig",
    labels: CACHE_CONFIG,
  },
  {
    name: "vllm:tool_call_parser_invocations",
    type: "counter",
    help: "Total number of ToolParser invocations. Non-streaming increments once per choice; streaming increments once per delta.",
    labels: ["mode", "model_name", "outcome", "request_type"],
    values: {
      mode: ["streaming", "non_streaming"],
      outcome: ["tool_call", "no_tool_call"],
      request_type: ["chat_completions", "responses", "other"],
    },
  },
  {
    name: "vllm:sleep_mode_operation_duration_seconds",
    type: "histogram",
    help: "Duration of one sleep-mode operation.",
    labels: ["operation"],
    values: { operation: ["sleep", "wake"] },
    buckets: SLEEP_TIME,
  },
  {
    name: "vllm:sleep_mode_operations_in_flight",
    type: "gauge",
    help: "Sleep-mode operations currently awaited.",
    labels: ["operation"],
    values: { operation: ["sleep", "wake"] },
  },
  {
    name: "vllm:kv_block_lifetime_seconds",
    type: "histogram",
    help: "Histogram of KV cache block lifetime from allocation to eviction. Sampled metrics (controlled by --kv-cache-metrics-sample).",
    labels: PER_ENGINE,
    buckets: BLOCK_LIFE,
    when: "blocks",
  },
  {
    name: "vllm:kv_block_idle_before_evict_seconds",
    type: "histogram",
    help: "Histogram of idle time before KV cache block eviction. Sampled metrics (controlled by --kv-cache-metrics-sample).",
    labels: PER_ENGINE,
    buckets: BLOCK_LIFE,
    when: "blocks",
  },
  {
    name: "vllm:kv_block_reuse_gap_seconds",
    type: "histogram",
    help: "Histogram of time gaps between consecutive KV cache block accesses. Only the most recent accesses are recorded (ring buffer). Sampled metrics (controlled by --kv-cache-metrics-sample).",
    labels: PER_ENGINE,
    buckets: BLOCK_LIFE,
    when: "blocks",
  },
  {
    name: "vllm:nixl_xfer_time_seconds",
    type: "histogram",
    help: "Histogram of transfer duration for NIXL KV Cache transfers.",
    labels: PER_ENGINE,
    buckets: TRANSFER_TIME,
    when: "nixl",
  },
  {
    name: "vllm:nixl_post_time_seconds",
    type: "histogram",
    help: "Histogram of transfer post time for NIXL KV Cache transfers.",
    labels: PER_ENGINE,
    buckets: POST_TIME,
    when: "nixl",
  },
  {
    name: "vllm:nixl_bytes_transferred",
    type: "histogram",
    help: "Histogram of bytes transferred per NIXL KV Cache transfers.",
    labels: PER_ENGINE,
    buckets: TRANSFER_BYTES,
    when: "nixl",
  },
  {
    name: "vllm:nixl_num_descriptors",
    type: "histogram",
    help: "Histogram of number of descriptors per NIXL  KV Cache transfers.",
    labels: PER_ENGINE,
    buckets: DESCRIPTORS,
    when: "nixl",
  },
  {
    name: "vllm:nixl_num_failed_transfers",
    type: "counter",
    help: "Number of failed NIXL KV Cache transfers, including handshake and notification failures. NOTE: KV expiry is tracked separately in vllm:nixl_num_kv_expired_reqs.",
    labels: PER_ENGINE,
    when: "nixl",
  },
  {
    name: "vllm:nixl_num_failed_notifications",
    type: "counter",
    help: "Number of failed NIXL KV Cache notifications. Retained for compatibility; these failures are also included in vllm:nixl_num_failed_transfers.",
    labels: PER_ENGINE,
    when: "nixl",
  },
  {
    name: "vllm:nixl_num_kv_expired_reqs",
    type: "counter",
    help: "Number of requests that had their KV expire. NOTE: This metric is tracked on the P instance.",
    labels: PER_ENGINE,
    when: "nixl",
  },
  {
    name: "vllm:nixl_num_notifications_after_expiry",
    type: "counter",
    help: "Number of completion notifications for requests that were no longer tracked, usually because their KV lease expired. The KV blocks may have been reused before the transfer finished. Counted per notification (one per remote rank), not per request.",
    labels: PER_ENGINE,
    when: "nixl",
  },
  {
    name: "vllm:num_requests_kv_fetch_by_stage",
    type: "gauge",
    help: "Number of waiting requests by async KV load stage. Stage labels: 'waiting_to_start' = needs an async KV load that has not started; 'in_progress' = load started and not yet reported finished; 'completed_waiting' = load finished, request not running yet.",
    labels: ["engine", "model_name", "stage"],
    values: { stage: ["waiting_to_start", "in_progress", "completed_waiting"] },
    when: "nixl",
  },
];

/** Buckets 1, 2, 5 × 10^k up to the context length. */
export function tokenCountBuckets(maxModelLen: number): number[] {
  const edges: number[] = [];
  for (let power = 1; ; power *= 10) {
    for (const digit of [1, 2, 5]) {
      if (digit * power > maxModelLen) return edges;
      edges.push(digit * power);
    }
  }
}

/** A sample or an edge as Python's prometheus_client writes it: `1.0`, `2.097152e+06`, `+Inf`. */
export function metricNumber(value: number): string {
  if (value === Infinity) return "+Inf";
  if (value === -Infinity) return "-Inf";
  if (Number.isNaN(value)) return "NaN";
  const plain = pythonFloat(value);
  const dot = plain.indexOf(".");
  // floatToGoString: from seven digits before the point on, with an exponent.
  if (value <= 0 || dot <= 6) return plain;
  const mantissa = `${plain[0]}.${plain.slice(1, dot)}${plain.slice(dot + 1)}`.replace(/0+$/, "").replace(/\.$/, "");
  return `${mantissa}e+0${dot - 1}`;
}

/** repr(float) of Python: always with a point, an exponent from 1e16 on and below 1e-4. */
function pythonFloat(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e16 || size < 1e-4)) {
    return value.toExponential().replace(/e([+-])(\d)$/, "e$10$2");
  }
  return Number.isInteger(value) ? `${value}.0` : String(value);
}
