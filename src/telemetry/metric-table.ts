// Every metric the gateway shows: name, kind, help and labels; the page and docs/reference/metrics.md are made from it.
import type { MetricEntry } from "./tables/metric-entry.ts";
import { CLUSTER_METRICS } from "./tables/cluster-metrics.ts";
import { LAUNCHER_METRICS } from "./tables/launcher-metrics.ts";
import { MIGRATION_METRICS } from "./tables/migration-metrics.ts";
import { PROCESS_METRICS } from "./tables/process-metrics.ts";
import { SCALING_METRICS } from "./tables/scaling-metrics.ts";
import { REQUEST_METRICS } from "./tables/request-metrics.ts";
import { TENANT_METRICS } from "./tables/tenant-metrics.ts";
import { WORKER_METRICS } from "./tables/worker-metrics.ts";

export type { MetricEntry } from "./tables/metric-entry.ts";

export const METRICS = {
  ...REQUEST_METRICS,
  ...TENANT_METRICS,
  ...WORKER_METRICS,
  ...PROCESS_METRICS,
  ...MIGRATION_METRICS,
  ...CLUSTER_METRICS,
  ...SCALING_METRICS,
  ...LAUNCHER_METRICS,
} as const satisfies Record<string, MetricEntry>;
