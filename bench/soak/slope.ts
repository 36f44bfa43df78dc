// The slope of a noisy line with a distribution-free 95 % interval (Theil and Sen; the interval by Kendall's S).
import type { MedianInterval } from "../lib/median-interval.ts";

export interface Point {
  readonly at: number;
  readonly value: number;
}

/** Two-sided 95 % of the normal distribution. */
const Z = 1.96;

export function slope(points: readonly Point[]): MedianInterval {
  const slopes: number[] = [];
  for (const [i, a] of points.entries())
    for (const b of points.slice(i + 1)) if (b.at !== a.at) slopes.push((b.value - a.value) / (b.at - a.at));
  slopes.sort((a, b) => a - b);
  const n = points.length;
  const pairs = slopes.length;
  // P. K. Sen 1968: ranks (N ∓ C)/2 with C = z √(n(n−1)(2n+5)/18).
  const spread = Z * Math.sqrt((n * (n - 1) * (2 * n + 5)) / 18);
  const low = slopes[Math.floor((pairs - spread) / 2) - 1];
  const high = slopes[Math.ceil((pairs + spread) / 2)];
  const median =
    ((slopes[Math.floor((pairs - 1) / 2)] ?? Number.NaN) + (slopes[Math.floor(pairs / 2)] ?? Number.NaN)) / 2;
  return { median, low, high, count: n };
}
