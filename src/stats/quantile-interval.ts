// Intervals of a quantile from order statistics, without assuming any distribution.
import { binomialCumulative } from "./binomial.ts";

/** 1-based ranks of the sorted sample that bound the quantile. */
export interface RankInterval {
  readonly low: number;
  readonly high: number;
}

/** The narrowest ranks around the quantile that hold it with this confidence (Hahn and Meeker 1991); none when n is too small. */
export function quantileRanks(n: number, quantile: number, confidence: number): RankInterval | undefined {
  const reach = 10 * Math.sqrt(n * quantile * (1 - quantile)) + 10;
  const first = Math.max(1, Math.floor(n * quantile - reach));
  const last = Math.min(n, Math.ceil(n * quantile + reach));
  const cumulative = Array.from({ length: last - first + 1 }, (_, i) => binomialCumulative(first + i - 1, n, quantile));
  const below = (rank: number): number => cumulative[rank - first] ?? 1;
  let best: RankInterval | undefined;
  let high = first + 1;
  for (let low = first; low < last; low++) {
    high = Math.max(high, low + 1);
    while (high <= last && below(high) - below(low) < confidence) high++;
    if (high > last) break;
    if (best === undefined || high - low < best.high - best.low || isNearer({ low, high }, best, n * quantile)) {
      best = { low, high };
    }
  }
  return best;
}

function isNearer(one: RankInterval, other: RankInterval, centre: number): boolean {
  if (one.high - one.low !== other.high - other.low) return false;
  return Math.abs((one.low + one.high) / 2 - centre) < Math.abs((other.low + other.high) / 2 - centre);
}

/** The rank whose value is at least the quantile with this confidence; none below 299 samples for P99 at 95 %. */
export function quantileUpperRank(n: number, quantile: number, confidence: number): number | undefined {
  let [low, high] = [1, n + 1];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (binomialCumulative(middle - 1, n, quantile) >= confidence) high = middle;
    else low = middle + 1;
  }
  return low <= n ? low : undefined;
}

/** The smallest sample that can bound the quantile from above. */
export function samplesForUpperBound(quantile: number, confidence: number): number {
  return Math.ceil(Math.log(1 - confidence) / Math.log(quantile) - 1e-9);
}
