// The TTFT above which a request counts as slow, and where it comes from.
import { quantileUpperRank } from "../../stats/index.ts";
import { SEED_BASELINE_MS } from "./seed-rule.ts";

export interface TtftThreshold {
  /** min(factor × baseline, cap × SLO). */
  readonly thresholdMs: number;
  readonly baselineMs: number;
  readonly baselineFrom: "measured" | "seed-default";
  readonly fromBaselineMs: number;
  readonly fromSloMs?: number;
}

export interface TtftThresholdOptions {
  readonly baselineMs?: number | undefined;
  readonly sloMs?: number | undefined;
  readonly factor?: number;
  readonly cap?: number;
}

export function ttftThreshold(options: TtftThresholdOptions): TtftThreshold {
  const { factor = 2, cap = 1 } = options;
  const baselineMs = options.baselineMs ?? SEED_BASELINE_MS;
  const fromBaselineMs = factor * baselineMs;
  const fromSloMs = options.sloMs === undefined ? undefined : cap * options.sloMs;
  return {
    thresholdMs: Math.min(fromBaselineMs, fromSloMs ?? Number.POSITIVE_INFINITY),
    baselineMs,
    baselineFrom: options.baselineMs === undefined ? "seed-default" : "measured",
    fromBaselineMs,
    ...(fromSloMs === undefined ? {} : { fromSloMs }),
  };
}

/** The same rule on another baseline. */
export function rebased(threshold: TtftThreshold, baselineMs: number): TtftThreshold {
  const { fromBaselineMs, fromSloMs } = threshold;
  const measured = (fromBaselineMs / threshold.baselineMs) * baselineMs;
  return {
    ...threshold,
    baselineMs,
    baselineFrom: "measured",
    fromBaselineMs: measured,
    thresholdMs: Math.min(measured, fromSloMs ?? Number.POSITIVE_INFINITY),
  };
}

const MIN_SAMPLES = 1000;

/** The upper 95 % bound of the legacy P99; undefined below 1000 samples, when the seed's 500 ms stand in. */
export function measuredBaseline(legacyTtftMs: readonly number[]): number | undefined {
  if (legacyTtftMs.length < MIN_SAMPLES) return undefined;
  const rank = quantileUpperRank(legacyTtftMs.length, 0.99, 0.95);
  return rank === undefined ? undefined : Float64Array.from(legacyTtftMs).sort()[rank - 1];
}
