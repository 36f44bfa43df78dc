// Worker processes as gauges that are read at scrape time.
import { METRICS } from "./metric-table.ts";
import type { MetricsPage } from "./metrics-page.ts";

export interface ProcessSample {
  readonly id: string;
  readonly phase: string;
  readonly restarts: number;
}

export function registerLauncherGauges(page: MetricsPage, samples: () => readonly ProcessSample[]): void {
  page.gauge(METRICS.processPhase, (set) => {
    for (const { id, phase } of samples()) set(1, id, phase);
  });
  page.gauge(METRICS.processRestarts, (set) => {
    for (const { id, restarts } of samples()) set(restarts, id);
  });
}
