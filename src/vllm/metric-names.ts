// The families of vLLM's /metrics page (0.32) in the order of the page: the simulated engine renders them, readers look them up.
import { counter, gauge, histogram, type MetricFamily } from "./metric-family.ts";
import { BLOCK_METRICS, CONNECTOR_METRICS, LORA_METRICS } from "./metric-names-optional.ts";

const ITERATION_TOKENS = [1, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384];
const CHOICES = [1, 2, 5, 10, 20];
const FIRST_TOKEN = [
  0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640, 2560,
];
const TOKEN_GAP = [0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80];
const REQUEST_TIME = [0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680];
const PREEMPTIONS = [1, 2, 3, 4, 5, 10, 20];
const SLEEP_TIME = [0.01, 0.1, 1, 10, 30, 60, 120, 300, 600];

/** Every field of vLLM's CacheConfig, its value in Python's spelling; the value of the metric is 1. */
const CACHE_CONFIG_LABELS = [
  "_block_size_resolved block_size cache_dtype cache_hit_alignment_tokens effective_attention_block_size",
  "enable_mamba_shared_prefix_checkpoint enable_prefix_caching engine gpu_memory_utilization",
  "hash_block_size is_attention_free kv_cache_dtype_skip_layers kv_cache_layout kv_cache_max_concurrency",
  "kv_cache_memory_bytes kv_cache_size_tokens kv_offloading_backend kv_offloading_size",
  "kv_sharing_fast_prefill mamba_block_size mamba_cache_dtype mamba_cache_mode mamba_page_size_padded",
  "mamba_ssm_cache_dtype num_cpu_blocks num_gpu_blocks num_gpu_blocks_override",
  "prefix_cache_retention_interval prefix_caching_hash_algo prefix_match_unit replayssm_buffer_len",
  "skip_page_size_padded sliding_window swa_bounded_replay use_kda_recoverssm use_replayssm",
  "user_specified_block_size",
].flatMap((line) => line.split(" "));

export const VLLM_METRICS: readonly MetricFamily[] = [
  counter(
    "estimated_flops_per_gpu",
    "Estimated number of floating point operations per GPU (for Model Flops Utilization calculations).",
  ),
  counter(
    "estimated_read_bytes_per_gpu",
    "Estimated number of bytes read from memory per GPU (for Model Flops Utilization calculations).",
  ),
  counter(
    "estimated_write_bytes_per_gpu",
    "Estimated number of bytes written to memory per GPU (for Model Flops Utilization calculations).",
  ),
  gauge("num_requests_running", "Number of requests in model execution batches."),
  gauge("num_requests_waiting", "Number of requests waiting to be processed."),
  gauge(
    "num_requests_waiting_by_reason",
    "Number of waiting requests by reason. Reason labels: 'capacity' = waiting for scheduling capacity; 'deferred' = deferred by transient constraints (LoRA budget, KV transfer, blocked status). Sum of all reasons equals vllm:num_requests_waiting.",
    { labels: ["engine", "model_name", "reason"], values: { reason: ["capacity", "deferred"] } },
  ),
  gauge(
    "engine_sleep_state",
    "Engine sleep state; awake = 0 means engine is sleeping; awake = 1 means engine is awake; weights_offloaded = 1 means sleep level 1; discard_all = 1 means sleep level 2.",
    {
      labels: ["engine", "model_name", "sleep_state"],
      values: { sleep_state: ["awake", "weights_offloaded", "discard_all"] },
    },
  ),
  gauge("kv_cache_usage_perc", "KV-cache usage. 1 means 100 percent usage."),
  counter("prefix_cache_queries", "Prefix cache queries, in terms of number of queried tokens."),
  counter("prefix_cache_hits", "Prefix cache hits, in terms of number of cached tokens."),
  counter(
    "external_prefix_cache_queries",
    "External prefix cache queries from KV connector cross-instance cache sharing, in terms of number of queried tokens.",
  ),
  counter(
    "external_prefix_cache_hits",
    "External prefix cache hits from KV connector cross-instance cache sharing, in terms of number of cached tokens.",
  ),
  counter("mm_cache_queries", "Multi-modal cache queries, in terms of number of queried items."),
  counter("mm_cache_hits", "Multi-modal cache hits, in terms of number of cached items."),
  counter("num_preemptions", "Cumulative number of preemption from the engine."),
  counter("prompt_tokens", "Number of prefill tokens processed."),
  counter("prompt_tokens_by_source", "Number of prompt tokens by source.", {
    labels: ["engine", "model_name", "source"],
    values: { source: ["local_compute", "local_cache_hit", "external_kv_transfer"] },
  }),
  counter("prompt_tokens_cached", "Number of cached prompt tokens (local + external)."),
  counter(
    "prompt_tokens_cached_by_source",
    "Prefix-cache hit tokens by the cache tier that supplied them: device (local HBM), host (offloaded to DRAM), disk, p2p (transferred from another vLLM instance) or external_unspecified. Counted at admission; sums to vllm:prefix_cache_hits + vllm:external_prefix_cache_hits.",
    {
      labels: ["engine", "model_name", "source"],
      values: { source: ["device", "host", "p2p", "disk", "external_unspecified"] },
    },
  ),
  counter("generation_tokens", "Number of generation tokens processed."),
  counter("request_success", "Count of successfully processed requests.", {
    labels: ["engine", "finished_reason", "model_name"],
    values: { finished_reason: ["stop", "length", "abort", "error", "repetition"] },
  }),
  counter("admission_rejections", "Number of admission attempts rejected by a queue limit, by reason.", {
    labels: ["model_name", "reason"],
    values: { reason: ["max_num_queued_reqs", "max_num_queued_tokens"] },
  }),
  histogram("request_prompt_tokens", "token-counts", "Number of prefill tokens processed."),
  histogram("request_generation_tokens", "token-counts", "Number of generation tokens processed."),
  histogram("iteration_tokens_total", ITERATION_TOKENS, "Histogram of number of tokens per engine_step."),
  histogram(
    "request_max_num_generation_tokens",
    "token-counts",
    "Histogram of maximum number of requested generation tokens.",
  ),
  histogram("request_params_n", CHOICES, "Histogram of the n request parameter."),
  histogram("request_params_max_tokens", "token-counts", "Histogram of the max_tokens request parameter."),
  histogram("time_to_first_token_seconds", FIRST_TOKEN, "Histogram of time to first token in seconds."),
  histogram("inter_token_latency_seconds", TOKEN_GAP, "Histogram of inter-token latency in seconds."),
  histogram(
    "request_time_per_output_token_seconds",
    TOKEN_GAP,
    "Histogram of time_per_output_token_seconds per request.",
  ),
  histogram("e2e_request_latency_seconds", REQUEST_TIME, "Histogram of e2e request latency in seconds."),
  histogram("request_queue_time_seconds", REQUEST_TIME, "Histogram of time spent in WAITING phase for request."),
  histogram("request_inference_time_seconds", REQUEST_TIME, "Histogram of time spent in RUNNING phase for request."),
  histogram("request_prefill_time_seconds", REQUEST_TIME, "Histogram of time spent in PREFILL phase for request."),
  histogram("request_decode_time_seconds", REQUEST_TIME, "Histogram of time spent in DECODE phase for request."),
  histogram("request_num_preemptions", PREEMPTIONS, "Histogram of the number of times a request was preempted."),
  histogram(
    "request_prefill_kv_computed_tokens",
    "token-counts",
    "Histogram of new KV tokens computed during prefill (excluding cached tokens).",
  ),
  ...LORA_METRICS,
  gauge("cache_config_info", "Information of the LLMEngine CacheConfig", { labels: CACHE_CONFIG_LABELS }),
  counter(
    "tool_call_parser_invocations",
    "Total number of ToolParser invocations. Non-streaming increments once per choice; streaming increments once per delta.",
    {
      labels: ["mode", "model_name", "outcome", "request_type"],
      values: {
        mode: ["streaming", "non_streaming"],
        outcome: ["tool_call", "no_tool_call"],
        request_type: ["chat_completions", "responses", "other"],
      },
    },
  ),
  histogram("sleep_mode_operation_duration_seconds", SLEEP_TIME, "Duration of one sleep-mode operation.", {
    labels: ["operation"],
    values: { operation: ["sleep", "wake"] },
  }),
  gauge("sleep_mode_operations_in_flight", "Sleep-mode operations currently awaited.", {
    labels: ["operation"],
    values: { operation: ["sleep", "wake"] },
  }),
  ...BLOCK_METRICS,
  ...CONNECTOR_METRICS,
];
