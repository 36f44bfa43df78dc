// Metrics of routing and of workers: decisions, predictions against the truth, load, the index.
import { INSIDE_BUCKETS, RATIO_BUCKETS, TOKEN_ERROR_BUCKETS } from "../buckets.ts";
import type { MetricEntry } from "./metric-entry.ts";

export const WORKER_METRICS = {
  adapterLoads: {
    name: "switchgear_adapter_loads_total",
    kind: "counter",
    help: "LoRA adapters that the gateway had a worker load, by result: ok, failed.",
    labels: ["worker", "result"],
  },
  kvTransferStalled: {
    name: "switchgear_kv_transfer_stalled",
    kind: "gauge",
    help: "1 while a decode worker serves requests whose KV should be transferred, and its own count of transferred prompt tokens does not grow.",
    labels: ["worker"],
  },
  breakerChanges: {
    name: "switchgear_breaker_changes_total",
    kind: "counter",
    help: "Changes of a worker's circuit breaker by the phase that began: open, half_open, closed.",
    labels: ["worker", "to"],
  },
  decision: {
    name: "switchgear_decision_seconds",
    kind: "histogram",
    help: "Time of one routing decision: index look-up and policy, without tokenising.",
    labels: ["policy"],
    buckets: INSIDE_BUCKETS,
  },
  decisions: {
    name: "switchgear_decisions_total",
    kind: "counter",
    help: "Routing decisions by worker.",
    labels: ["policy", "worker"],
  },
  tokenise: {
    name: "switchgear_tokenise_seconds",
    kind: "histogram",
    help: "Time to render, tokenise and hash one prompt.",
    labels: ["model"],
    buckets: INSIDE_BUCKETS,
  },
  cachedError: {
    name: "switchgear_cached_tokens_error",
    kind: "histogram",
    help: "Cached tokens the worker reported minus those predicted; requests without a report are not counted.",
    labels: ["worker"],
    buckets: TOKEN_ERROR_BUCKETS,
  },
  cachedPredicted: {
    name: "switchgear_cached_tokens_predicted_total",
    kind: "counter",
    help: "Cached tokens predicted, over requests whose worker reported the truth.",
    labels: ["worker"],
  },
  cachedReported: {
    name: "switchgear_cached_tokens_reported_total",
    kind: "counter",
    help: "Cached tokens reported by the worker, over requests with a prediction.",
    labels: ["worker"],
  },
  ttftRatio: {
    name: "switchgear_ttft_ratio",
    kind: "histogram",
    help: "Time to first token, measured ÷ predicted.",
    labels: ["worker"],
    buckets: RATIO_BUCKETS,
  },
  workerSlowdown: {
    name: "switchgear_worker_slowdown",
    kind: "gauge",
    help: "Speed correction of a worker in use: measured ÷ predicted time, 0.5 to 2.",
    labels: ["worker"],
  },
  workerState: {
    name: "switchgear_worker_state",
    kind: "gauge",
    help: "1 for the state a worker is in: starting, ready, suspect, draining, dead.",
    labels: ["worker", "model", "state"],
  },
  workerBreaker: {
    name: "switchgear_worker_breaker_open",
    kind: "gauge",
    help: "1 while a worker's circuit breaker is open or half open: failed requests have taken it out, although its /health may be well.",
    labels: ["worker"],
  },
  workerRequests: {
    name: "switchgear_worker_requests",
    kind: "gauge",
    help: "Requests on a worker by phase: prefill, decode (the gateway's own), foreign (by its last scrape).",
    labels: ["worker", "phase"],
  },
  workerPrefillTokens: {
    name: "switchgear_worker_prefill_tokens",
    kind: "gauge",
    help: "Uncached prompt tokens sent to a worker that still wait for their first token.",
    labels: ["worker"],
  },
  workerContextTokens: {
    name: "switchgear_worker_context_tokens",
    kind: "gauge",
    help: "Prompt and output tokens of the requests running on a worker.",
    labels: ["worker"],
  },
  workerKvUsage: {
    name: "switchgear_worker_kv_usage",
    kind: "gauge",
    help: "Share of a worker's KV blocks in use by its last scrape, 0 to 1.",
    labels: ["worker"],
  },
  indexBlocks: {
    name: "switchgear_index_blocks",
    kind: "gauge",
    help: "Distinct KV blocks the index knows.",
    labels: [],
  },
  indexEntries: {
    name: "switchgear_index_entries",
    kind: "gauge",
    help: "Blocks the index believes a worker holds.",
    labels: ["worker"],
  },
  indexBytes: { name: "switchgear_index_bytes", kind: "gauge", help: "Memory of the index.", labels: [] },
  indexEvictions: {
    name: "switchgear_index_evictions",
    kind: "gauge",
    help: "Entries the index evicted to stay below its memory cap, since the start.",
    labels: [],
  },
  indexOrphans: {
    name: "switchgear_index_orphans",
    kind: "gauge",
    help: "KV events that named an unknown parent or block, since the start.",
    labels: [],
  },
} as const satisfies Record<string, MetricEntry>;
