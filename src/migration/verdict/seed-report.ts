// The seed's migration report: its keys, numpy's linear percentiles, its recommendation. Shown, not decided on.
import { percentile } from "../../core/index.ts";
import { mean } from "../../stats/index.ts";
import type { SeedRecord } from "../compare/seed-record.ts";

export interface SeedImprovement {
  readonly mean: number | null;
  readonly p50: number | null;
  readonly p99: number | null;
}

export interface SeedReport {
  readonly num_requests: number;
  readonly ttft_improvement_ms: SeedImprovement;
  readonly total_latency_improvement_ms: SeedImprovement;
  readonly output_consistency: number;
  readonly recommendation: "PROCEED" | "INVESTIGATE";
}

export const NO_SHADOW_DATA = "No shadow traffic data.";

/** null where Python has NaN: no pair was measured on both sides. */
export function seedReport(records: readonly SeedRecord[]): SeedReport | typeof NO_SHADOW_DATA {
  if (records.length === 0) return NO_SHADOW_DATA;
  const ttft = improvements(records.map((one) => [one.primary_ttft_ms, one.shadow_ttft_ms]));
  const total = improvements(records.map((one) => [one.primary_total_ms, one.shadow_total_ms]));
  const consistency = records.filter((one) => one.output_match).length / records.length;
  return {
    num_requests: records.length,
    ttft_improvement_ms: summary(ttft),
    total_latency_improvement_ms: summary(total),
    output_consistency: consistency,
    recommendation: mean(ttft) > 0 && consistency > 0.95 ? "PROCEED" : "INVESTIGATE",
  };
}

function improvements(pairs: readonly (readonly [number, number])[]): number[] {
  return pairs.filter(([primary, shadow]) => primary > 0 && shadow > 0).map(([primary, shadow]) => primary - shadow);
}

function summary(values: readonly number[]): SeedImprovement {
  const sorted = [...values].sort((a, b) => a - b);
  return {
    mean: orNull(mean(values)),
    p50: orNull(percentile(sorted, 50)),
    p99: orNull(percentile(sorted, 99)),
  };
}

function orNull(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}
