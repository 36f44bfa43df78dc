// Families of vLLM's /metrics page that appear only with an option: sampled KV-block lives, NIXL transfers, LoRA adapters.
import { counter, gauge, histogram, type MetricFamily } from "./metric-family.ts";

const BLOCK_LIFE = [
  0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800,
];
const TRANSFER_TIME = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 5];
const POST_TIME = [0.001, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 5];
const TRANSFER_BYTES = [
  2048, 8192, 32768, 131072, 524288, 2097152, 8388608, 33554432, 134217728, 536870912, 2147483648, 8589934592,
];
const DESCRIPTORS = [10, 20, 30, 50, 75, 100, 200, 400, 1000, 2000, 4000, 10000, 20000, 50000];

/** --kv-cache-metrics */
export const BLOCK_METRICS: readonly MetricFamily[] = [
  histogram(
    "kv_block_lifetime_seconds",
    BLOCK_LIFE,
    "Histogram of KV cache block lifetime from allocation to eviction. Sampled metrics (controlled by --kv-cache-metrics-sample).",
    { when: "blocks" },
  ),
  histogram(
    "kv_block_idle_before_evict_seconds",
    BLOCK_LIFE,
    "Histogram of idle time before KV cache block eviction. Sampled metrics (controlled by --kv-cache-metrics-sample).",
    { when: "blocks" },
  ),
  histogram(
    "kv_block_reuse_gap_seconds",
    BLOCK_LIFE,
    "Histogram of time gaps between consecutive KV cache block accesses. Only the most recent accesses are recorded (ring buffer). Sampled metrics (controlled by --kv-cache-metrics-sample).",
    { when: "blocks" },
  ),
];

/** --kv-transfer-config with NIXL */
export const CONNECTOR_METRICS: readonly MetricFamily[] = [
  histogram("nixl_xfer_time_seconds", TRANSFER_TIME, "Histogram of transfer duration for NIXL KV Cache transfers.", {
    when: "nixl",
  }),
  histogram("nixl_post_time_seconds", POST_TIME, "Histogram of transfer post time for NIXL KV Cache transfers.", {
    when: "nixl",
  }),
  histogram("nixl_bytes_transferred", TRANSFER_BYTES, "Histogram of bytes transferred per NIXL KV Cache transfers.", {
    when: "nixl",
  }),
  histogram("nixl_num_descriptors", DESCRIPTORS, "Histogram of number of descriptors per NIXL  KV Cache transfers.", {
    when: "nixl",
  }),
  counter(
    "nixl_num_failed_transfers",
    "Number of failed NIXL KV Cache transfers, including handshake and notification failures. NOTE: KV expiry is tracked separately in vllm:nixl_num_kv_expired_reqs.",
    { when: "nixl" },
  ),
  counter(
    "nixl_num_failed_notifications",
    "Number of failed NIXL KV Cache notifications. Retained for compatibility; these failures are also included in vllm:nixl_num_failed_transfers.",
    { when: "nixl" },
  ),
  counter(
    "nixl_num_kv_expired_reqs",
    "Number of requests that had their KV expire. NOTE: This metric is tracked on the P instance.",
    { when: "nixl" },
  ),
  counter(
    "nixl_num_notifications_after_expiry",
    "Number of completion notifications for requests that were no longer tracked, usually because their KV lease expired. The KV blocks may have been reused before the transfer finished. Counted per notification (one per remote rank), not per request.",
    { when: "nixl" },
  ),
  gauge(
    "num_requests_kv_fetch_by_stage",
    "Number of waiting requests by async KV load stage. Stage labels: 'waiting_to_start' = needs an async KV load that has not started; 'in_progress' = load started and not yet reported finished; 'completed_waiting' = load finished, request not running yet.",
    {
      labels: ["engine", "model_name", "stage"],
      values: { stage: ["waiting_to_start", "in_progress", "completed_waiting"] },
      when: "nixl",
    },
  ),
];

/** --enable-lora */
export const LORA_METRICS: readonly MetricFamily[] = [
  gauge("lora_requests_info", "Running stats on lora requests.", {
    labels: ["max_lora", "running_lora_adapters", "waiting_lora_adapters"],
    when: "lora",
  }),
];
