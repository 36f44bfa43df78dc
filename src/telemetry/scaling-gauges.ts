// Autoscaling as gauges that are read at scrape time.
import { METRICS } from "./metric-table.ts";
import type { MetricsPage } from "./metrics-page.ts";

export interface ScalingSample {
  readonly pool: string;
  /** By kind. */
  readonly workers: Readonly<Record<string, number>>;
  readonly alarm: boolean;
}

export function registerScalingGauges(page: MetricsPage, samples: () => readonly ScalingSample[]): void {
  page.gauge(METRICS.scalingWorkers, (set) => {
    for (const { pool, workers } of samples())
      for (const [kind, count] of Object.entries(workers)) set(count, pool, kind);
  });
  page.gauge(METRICS.scalingAlarm, (set) => {
    for (const { pool, alarm } of samples()) set(alarm ? 1 : 0, pool);
  });
}
