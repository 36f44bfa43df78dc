// Metrics, logs and traces; decides nothing.
export type { IndexSample, Samples, SloSample, WorkerSample } from "./gauges.ts";
export { createLog, type Log, silentLog } from "./log.ts";
export { METRICS, type MetricEntry } from "./metric-table.ts";
export type { Observes } from "./fast-histogram.ts";
export { createMetrics, type Metrics } from "./metrics.ts";
export type { ClusterSample } from "./cluster-gauges.ts";
export type { MigrationSample } from "./migration-gauges.ts";
export type { ScalingSample } from "./scaling-gauges.ts";
export { metricsDoc } from "./metrics-doc.ts";
export type { Attributes, FinishedSpan, SpanEvent } from "./tracing/finished-span.ts";
export { openSpanSink } from "./tracing/open-span-sink.ts";
export { type RequestTrace, type Sampling, type TraceSource, traceSource } from "./tracing/sampling.ts";
export type { SpanSink } from "./tracing/span-sink.ts";
export { formatTraceparent } from "./tracing/trace-context.ts";
export { type MetricsServer, startMetricsServer } from "./metrics-server.ts";
