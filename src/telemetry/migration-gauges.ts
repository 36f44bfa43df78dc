// A migration as gauges that are read at scrape time.
import { METRICS } from "./metric-table.ts";
import type { MetricsPage } from "./metrics-page.ts";

export interface MigrationSample {
  readonly plan: string;
  readonly phase: string;
  /** From 1; 0 before the first. */
  readonly step: number;
  readonly weight: number;
  /** Share of the sessions seen since the weight was set; undefined without any. */
  readonly actual: number | undefined;
  /** A person is needed. */
  readonly held: boolean;
  /** How far each detector is on its way to a rollback, 0 to 1. */
  readonly detectors: Readonly<Record<string, number>>;
  readonly rates: readonly MigrationRate[];
  /** Shadow requests by what became of them. */
  readonly shadow: Readonly<Record<string, number>>;
}

export interface MigrationRate {
  readonly what: string;
  readonly arm: string;
  readonly rate: number;
  readonly high: number;
}

export function registerMigrationGauges(page: MetricsPage, samples: () => readonly MigrationSample[]): void {
  page.gauge(METRICS.migrationPhase, (set) => {
    for (const { plan, phase } of samples()) set(1, plan, phase);
  });
  page.gauge(METRICS.migrationStep, (set) => {
    for (const { plan, step } of samples()) set(step, plan);
  });
  page.gauge(METRICS.migrationWeight, (set) => {
    for (const { plan, weight, actual } of samples()) {
      set(weight, plan, "set");
      if (actual !== undefined) set(actual, plan, "actual");
    }
  });
  page.gauge(METRICS.migrationHeld, (set) => {
    for (const { plan, held } of samples()) set(held ? 1 : 0, plan);
  });
  page.gauge(METRICS.migrationDetector, (set) => {
    for (const { plan, detectors } of samples())
      for (const [name, way] of Object.entries(detectors)) set(way, plan, name);
  });
  page.gauge(METRICS.migrationGate, (set) => {
    for (const { plan, rates } of samples())
      for (const { what, arm, rate, high } of rates) {
        set(rate, plan, what, arm, "rate");
        set(high, plan, what, arm, "upper");
      }
  });
  page.gauge(METRICS.migrationShadow, (set) => {
    for (const { plan, shadow } of samples())
      for (const [result, count] of Object.entries(shadow)) set(count, plan, result);
  });
}
