// Metrics and logs; decides nothing.
export type { IndexSample, Samples, SloSample, WorkerSample } from "./gauges.ts";
export { createLog, type Log, silentLog } from "./log.ts";
export { METRICS, type MetricEntry } from "./metric-table.ts";
export type { Observes } from "./fast-histogram.ts";
export { createMetrics, type Metrics } from "./metrics.ts";
export { metricsDoc } from "./metrics-doc.ts";
export { type MetricsServer, startMetricsServer } from "./metrics-server.ts";
