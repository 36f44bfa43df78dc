// Metrics of requests: how they ended, their times, tokens, retries and objectives.
import { INSIDE_BUCKETS, ITL_BUCKETS, REQUEST_BUCKETS, TTFT_BUCKETS } from "../buckets.ts";
import type { MetricEntry } from "./metric-entry.ts";

export const REQUEST_METRICS = {
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
  continuations: {
    name: "switchgear_continuations_total",
    kind: "counter",
    help: "Streams that went on at another worker, by what their worker failed with.",
    labels: ["model", "reason"],
  },
  continuationsDenied: {
    name: "switchgear_continuations_denied_total",
    kind: "counter",
    help: "Streams that ended with an error because their worker was lost, by what forbade to continue them (docs/failover.md).",
    labels: ["model", "reason"],
  },
  disaggregated: {
    name: "switchgear_disaggregated_requests_total",
    kind: "counter",
    help: "Choices for requests of a model with prefill and decode workers, by path (pair, whole, refused) and why: rule, fallback (no pair), or what forbade or ended a pair (docs/disaggregated.md).",
    labels: ["model", "path", "reason"],
  },
  aborts: {
    name: "switchgear_aborts_total",
    kind: "counter",
    help: "Clients that left before their answer was complete, by phase: reading, deciding, waiting, streaming.",
    labels: ["model", "phase"],
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
  admissions: {
    name: "switchgear_admission_total",
    kind: "counter",
    help: "Requests of models with admission, by what became of them at the gate: admitted, full (the queue held too many), hopeless (its first token would have come too late on the best worker), timeout, left (the client went), preempted (batch taken back before its first byte; it enters again).",
    labels: ["model", "class", "result"],
  },
  admissionQueue: {
    name: "switchgear_admission_queue",
    kind: "gauge",
    help: "Requests that wait until a worker has room.",
    labels: ["model"],
  },
  sloRequests: {
    name: "switchgear_slo_requests_total",
    kind: "counter",
    help: "Requests against the objectives that `spec.slo` sets. ttft: first token of a stream in time; a stream that failed before it has missed. itl: mean gap between a stream's token-bearing chunks. availability: ok against failed, interrupted and 5xx of the worker. Clients' own errors and clients that left are not counted.",
    labels: ["model", "objective", "met"],
  },
} as const satisfies Record<string, MetricEntry>;
