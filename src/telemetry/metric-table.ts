// Every metric the gateway shows: name, kind, help and labels; the registry and docs/reference/metrics.md are made from it.
import {
  DELAY_BUCKETS,
  INSIDE_BUCKETS,
  ITL_BUCKETS,
  RATIO_BUCKETS,
  REQUEST_BUCKETS,
  TOKEN_ERROR_BUCKETS,
  TTFT_BUCKETS,
} from "./buckets.ts";

export interface MetricEntry {
  readonly name: string;
  readonly kind: "counter" | "gauge" | "histogram";
  readonly help: string;
  readonly labels: readonly string[];
  readonly buckets?: readonly number[];
}

export const METRICS = {
  requests: {
    name: "switchgear_requests_total",
    kind: "counter",
    help: "Requests that ended, by how: ok, rejected (4xx of the gateway), upstream_error (4xx or 5xx of the worker), failed (5xx of the gateway), interrupted (worker lost after the first byte), aborted (client left).",
    labels: ["model", "route", "outcome", "status"],
  },
  ttft: {
    name: "switchgear_time_to_first_token_seconds",
    kind: "histogram",
    help: "From the last byte of the request to the first token-bearing chunk, streams only.",
    labels: ["model"],
    buckets: TTFT_BUCKETS,
  },
  itl: {
    name: "switchgear_inter_token_seconds",
    kind: "histogram",
    help: "Gap between token-bearing chunks of a stream.",
    labels: ["model"],
    buckets: ITL_BUCKETS,
  },
  e2e: {
    name: "switchgear_request_seconds",
    kind: "histogram",
    help: "From the request's headers to the last byte of its answer, requests that reached a worker.",
    labels: ["model"],
    buckets: REQUEST_BUCKETS,
  },
  queue: {
    name: "switchgear_queue_seconds",
    kind: "histogram",
    help: "From the last byte of the request to its dispatch: parsing, tokenising, deciding, waiting.",
    labels: ["model"],
    buckets: INSIDE_BUCKETS,
  },
  tokens: {
    name: "switchgear_tokens_total",
    kind: "counter",
    help: "Tokens by kind: prompt, cached (prompt tokens the worker took from its cache), completion.",
    labels: ["model", "kind"],
  },
  usageEstimated: {
    name: "switchgear_usage_estimated_total",
    kind: "counter",
    help: "Requests whose usage was counted by the gateway because the worker's own count never came (aborted or interrupted).",
    labels: ["model"],
  },
  retries: {
    name: "switchgear_retries_total",
    kind: "counter",
    help: "Legs sent again to another worker, by what the failed leg showed.",
    labels: ["model", "reason"],
  },
  retriesDenied: {
    name: "switchgear_retries_denied_total",
    kind: "counter",
    help: "Failed legs that were not sent again, by what forbade it.",
    labels: ["model", "reason"],
  },
  aborts: {
    name: "switchgear_aborts_total",
    kind: "counter",
    help: "Clients that left before their answer was complete, by phase: reading, deciding, waiting, streaming.",
    labels: ["model", "phase"],
  },
  unauthorized: {
    name: "switchgear_unauthorized_total",
    kind: "counter",
    help: "Requests that were answered 401 for want of a key of `spec.gateway.apiKeys`.",
    labels: [],
  },
  renewals: {
    name: "switchgear_front_renewals_total",
    kind: "counter",
    help: "Changed files of the data port, by what they hold (tls, api_keys) and result: ok, or refused, when what was there before stays in use.",
    labels: ["what", "result"],
  },
  slo: {
    name: "switchgear_slo_seconds",
    kind: "gauge",
    help: "Objectives of `spec.slo`: ttft (`ttftP99Ms`) and itl (`itlP99Ms`), which 99 % of requests have to meet.",
    labels: ["model", "objective"],
  },
  sloAvailability: {
    name: "switchgear_slo_availability_ratio",
    kind: "gauge",
    help: "`spec.slo.availabilityTarget`: the share of requests that have to be answered, 0 to 1.",
    labels: ["model"],
  },
  sloRequests: {
    name: "switchgear_slo_requests_total",
    kind: "counter",
    help: "Requests against the objectives that `spec.slo` sets. ttft: first token of a stream in time; a stream that failed before it has missed. itl: mean gap between a stream's token-bearing chunks. availability: ok against failed, interrupted and 5xx of the worker. Clients' own errors and clients that left are not counted.",
    labels: ["model", "objective", "met"],
  },
  inflight: {
    name: "switchgear_inflight_requests",
    kind: "gauge",
    help: "Requests inside the gateway now.",
    labels: [],
  },
  bodyBytes: {
    name: "switchgear_request_body_bytes",
    kind: "gauge",
    help: "Bytes of request bodies held in memory now.",
    labels: [],
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
  configReloads: {
    name: "switchgear_config_reloads_total",
    kind: "counter",
    help: "Reloads of the deployment files by result: applied, unchanged, rejected (the old configuration stays).",
    labels: ["result"],
  },
  configCurrent: {
    name: "switchgear_config_current",
    kind: "gauge",
    help: "1 when what stands in the deployment files is in force, 0 after a rejected reload.",
    labels: [],
  },
  traceSpans: {
    name: "switchgear_trace_spans_total",
    kind: "counter",
    help: "Spans of traced requests by what became of them: sent (the collector took them), queue_full (dropped, since the collector is too slow or away), failed (dropped after an export that failed or timed out).",
    labels: ["result"],
  },
  receipts: { name: "switchgear_receipts", kind: "gauge", help: "Route receipts kept for look-up.", labels: [] },
  eventLoopDelay: {
    name: "switchgear_event_loop_delay_seconds",
    kind: "histogram",
    help: "By how much a timer of the gateway's process was late, sampled ten times a second: what a chunk has to wait.",
    labels: [],
    buckets: DELAY_BUCKETS,
  },
  cpu: {
    name: "process_cpu_seconds_total",
    kind: "counter",
    help: "Processor time of the gateway's process, user and system.",
    labels: [],
  },
  memory: {
    name: "process_resident_memory_bytes",
    kind: "gauge",
    help: "Resident memory of the gateway's process.",
    labels: [],
  },
  startTime: {
    name: "process_start_time_seconds",
    kind: "gauge",
    help: "When the gateway's process started, seconds since 1970.",
    labels: [],
  },
} as const satisfies Record<string, MetricEntry>;
