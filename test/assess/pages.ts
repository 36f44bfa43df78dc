// /metrics pages of a vLLM as the tests want them.

export interface PageFigures {
  /** Requests by TTFT bucket edge in seconds, cumulative counts are made of them. */
  readonly ttft: Readonly<Record<string, number>>;
  readonly waiting?: number;
  readonly running?: number;
  readonly kvUsage?: number;
  readonly preemptions?: number;
  readonly queries?: number;
  readonly hits?: number;
  readonly started?: number;
  readonly models?: readonly string[];
  readonly caching?: boolean;
  readonly memory?: number;
}

export function page(figures: PageFigures): string {
  const {
    waiting = 0,
    running = 1,
    kvUsage = 0.2,
    preemptions = 0,
    queries = 1000,
    hits = 100,
    models = ["org/m"],
  } = figures;
  const [first = "org/m"] = models;
  const label = `engine="0",model_name="${first}"`;
  let total = 0;
  const buckets = Object.entries(figures.ttft).map(([edge, count]) => {
    total += count;
    return `vllm:time_to_first_token_seconds_bucket{${label},le="${edge}"} ${total}`;
  });
  return [
    ...models.map((name) => `vllm:num_requests_running{engine="0",model_name="${name}"} ${running}`),
    `vllm:num_requests_waiting{${label}} ${waiting}`,
    `vllm:kv_cache_usage_perc{${label}} ${kvUsage}`,
    `vllm:num_preemptions_total{${label}} ${preemptions}`,
    `vllm:prefix_cache_queries_total{${label}} ${queries}`,
    `vllm:prefix_cache_hits_total{${label}} ${hits}`,
    `vllm:request_success_total{${label},finished_reason="stop"} ${total}`,
    ...buckets,
    `vllm:time_to_first_token_seconds_bucket{${label},le="+Inf"} ${total}`,
    `vllm:time_to_first_token_seconds_count{${label}} ${total}`,
    `vllm:time_to_first_token_seconds_sum{${label}} 1`,
    `vllm:cache_config_info{${label},enable_prefix_caching="${figures.caching === false ? "False" : "True"}",gpu_memory_utilization="${figures.memory ?? 0.92}"} 1`,
    ...(figures.started === undefined ? [] : [`process_start_time_seconds ${figures.started}`]),
    "",
  ].join("\n");
}
