// Metrics of the gateway's own process, front and configuration.
import { DELAY_BUCKETS } from "../buckets.ts";
import type { MetricEntry } from "./metric-entry.ts";

export const PROCESS_METRICS = {
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
