// Exact bounds of a rate from a count (Clopper and Pearson 1934).
import { betaQuantile } from "./beta.ts";
import type { Interval } from "./interval.ts";

/** Two-sided; covers the true rate with at least this confidence, whatever it is. (0, 1) without trials. */
export function clopperPearson(events: number, trials: number, confidence: number): Interval {
  const alpha = (1 - confidence) / 2;
  return { low: rateLowerBound(events, trials, 1 - alpha), high: rateUpperBound(events, trials, 1 - alpha) };
}

/** One-sided: the rate is at most this. */
export function rateUpperBound(events: number, trials: number, confidence: number): number {
  return events >= trials ? 1 : betaQuantile(events + 1, trials - events, confidence);
}

/** One-sided: the rate is at least this. */
export function rateLowerBound(events: number, trials: number, confidence: number): number {
  return events <= 0 ? 0 : betaQuantile(events, trials - events + 1, 1 - confidence);
}
