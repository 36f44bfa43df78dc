// Intervals of the difference of two rates: independent samples and pairs.
import type { Interval } from "./interval.ts";
import { normalQuantile } from "./normal.ts";
import { crossing } from "./root.ts";

export interface Count {
  readonly events: number;
  readonly trials: number;
}

/** Rate of `a` minus rate of `b`, independent samples: Newcombe's hybrid of two Wilson intervals (1998, method 10). */
export function rateDifference(a: Count, b: Count, confidence: number): Interval {
  const z = normalQuantile(1 - (1 - confidence) / 2);
  const [one, two] = [wilson(a, z), wilson(b, z)];
  const [pa, pb] = [a.events / a.trials, b.events / b.trials];
  return {
    low: pa - pb - Math.hypot(pa - one.low, two.high - pb),
    high: pa - pb + Math.hypot(one.high - pa, pb - two.low),
  };
}

function wilson({ events, trials }: Count, z: number): Interval {
  const p = events / trials;
  const centre = p + (z * z) / (2 * trials);
  const half = z * Math.sqrt((p * (1 - p)) / trials + (z * z) / (4 * trials * trials));
  const scale = 1 + (z * z) / trials;
  return { low: (centre - half) / scale, high: (centre + half) / scale };
}

/** Pairs in which only the first, or only the second, had the event; `pairs` counts all. */
export interface Discordant {
  readonly onlyFirst: number;
  readonly onlySecond: number;
  readonly pairs: number;
}

/** Rate of the first minus rate of the second over pairs: Tango's score interval (1998); holds with no event at all. */
export function pairedRateDifference(counts: Discordant, confidence: number): Interval {
  const z = normalQuantile(1 - (1 - confidence) / 2);
  const estimate = (counts.onlyFirst - counts.onlySecond) / counts.pairs;
  const edge = 1 - 1e-12;
  return {
    low: crossing((delta) => z - tangoScore(counts, delta), { low: -edge, high: estimate }),
    high: crossing((delta) => -z - tangoScore(counts, delta), { low: estimate, high: edge }),
  };
}

/** The score statistic of the hypothesis "difference = delta"; falls as delta rises. */
function tangoScore({ onlyFirst: b, onlySecond: c, pairs: n }: Discordant, delta: number): number {
  const linear = -b - c + (2 * n - b + c) * delta;
  const constant = -c * delta * (1 - delta);
  const rate = (Math.sqrt(Math.max(0, linear * linear - 8 * n * constant)) - linear) / (4 * n);
  const variance = n * (2 * rate + delta * (1 - delta));
  const distance = b - c - n * delta;
  if (variance <= 0) return distance === 0 ? 0 : Math.sign(distance) * Number.POSITIVE_INFINITY;
  return distance / Math.sqrt(variance);
}
