// Pages of metrics that are wrong on purpose.
import type { MetricsFault } from "./fault-spec.ts";

/** Names before 2025-11: what an old vLLM would show (vllm.md §3, history). */
const OLD_NAMES = [
  ["vllm:kv_cache_usage_perc", "vllm:gpu_cache_usage_perc"],
  ["vllm:prefix_cache_", "vllm:gpu_prefix_cache_"],
  ["vllm:inter_token_latency_seconds", "vllm:time_per_output_token_seconds"],
] as const;

export function wrongMetrics(page: string, fault: Exclude<MetricsFault, "error" | "silent">): string {
  if (fault === "garbage")
    return `<html>\u0000{{{ vllm:num_requests_running{engine="0 NaN}}\n${page.slice(0, 500)}\nvllm:x{`;
  if (fault === "zeros") return page.replaceAll(/^([^#\n].*) \S+$/gm, "$1 0.0");
  return OLD_NAMES.reduce((text, [today, before]) => text.replaceAll(today, before), page);
}
