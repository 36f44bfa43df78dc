// The median of a few values with a distribution-free 95 % interval from order statistics.

export interface MedianInterval {
  readonly median: number;
  /** Undefined with fewer than six values: no two of them enclose the median with 95 %. */
  readonly low: number | undefined;
  readonly high: number | undefined;
  readonly count: number;
}

/**
 * P(x₍k₎ ≤ median ≤ x₍n+1−k₎) = 1 − 2·P(Binomial(n, ½) < k), whatever the distribution is
 * (David and Nagaraja, Order Statistics, §7.1); the largest k that keeps it at 95 % is taken.
 */
export function medianInterval(values: readonly number[]): MedianInterval {
  const sorted = [...values].sort((a, b) => a - b);
  const n = sorted.length;
  const middle = n >> 1;
  const median =
    n % 2 === 1
      ? (sorted[middle] ?? Number.NaN)
      : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
  const rank = outermostRank(n);
  return rank === 0
    ? { median, low: undefined, high: undefined, count: n }
    : { median, low: sorted[rank - 1], high: sorted[n - rank], count: n };
}

/** Largest k with P(Binomial(n, ½) < k) ≤ 2.5 %; 0 when there is none. */
function outermostRank(n: number): number {
  let term = 0.5 ** n;
  let below = 0;
  for (let k = 0; k <= n; k++) {
    below += term;
    if (below > 0.025) return k;
    term = (term * (n - k)) / (k + 1);
  }
  return 0;
}
