// A metrics page as large as the one a real vLLM server gives after some traffic (82 KB), with the lines that gateways read.

const TARGET_BYTES = 82_000;
const BUCKETS = [0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160];
const HISTOGRAMS = [
  "time_to_first_token_seconds",
  "inter_token_latency_seconds",
  "request_time_per_output_token_seconds",
  "e2e_request_latency_seconds",
  "request_queue_time_seconds",
  "request_inference_time_seconds",
  "request_prefill_time_seconds",
  "request_decode_time_seconds",
  "request_prompt_tokens",
  "request_generation_tokens",
  "iteration_tokens_total",
];

export function metricsText(model: string): string {
  const labels = `engine="0",model_name="${model}"`;
  const parts = [gauges(labels), ...HISTOGRAMS.map((name) => histogram(`vllm:${name}`, labels))];
  let bytes = parts.reduce((sum, part) => sum + part.length, 0);
  for (let n = 0; bytes < TARGET_BYTES; n++) {
    const part = histogram("http_request_duration_seconds", `handler="/path/${n}",method="POST"`);
    parts.push(part);
    bytes += part.length;
  }
  return parts.join("");
}

function gauges(labels: string): string {
  return `# HELP vllm:num_requests_running Number of requests in model execution batches.
# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{${labels}} 0.0
# TYPE vllm:num_requests_waiting gauge
vllm:num_requests_waiting{${labels}} 0.0
# TYPE vllm:kv_cache_usage_perc gauge
vllm:kv_cache_usage_perc{${labels}} 0.1
# TYPE vllm:prefix_cache_queries_total counter
vllm:prefix_cache_queries_total{${labels}} 1000.0
# TYPE vllm:prefix_cache_hits_total counter
vllm:prefix_cache_hits_total{${labels}} 500.0
# TYPE vllm:cache_config_info gauge
vllm:cache_config_info{block_size="16",cache_dtype="auto",enable_prefix_caching="True",engine="0",gpu_memory_utilization="0.9",num_gpu_blocks="40000"} 1.0
`;
}

function histogram(name: string, labels: string): string {
  const buckets = [...BUCKETS, "+Inf"].map((le, i) => `${name}_bucket{${labels},le="${le}"} ${i * 7}.0\n`);
  return `# HELP ${name} Histogram.\n# TYPE ${name} histogram\n${buckets.join("")}${name}_count{${labels}} 140.0\n${name}_sum{${labels}} 44.75\n`;
}
