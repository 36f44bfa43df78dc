// The binomial distribution: point probabilities, cumulative probabilities, and the exact two-sided test.
import { betaCumulative } from "./beta.ts";
import { binomialTerm } from "./binomial-term.ts";

export function binomialProbability(k: number, n: number, p: number): number {
  if (k < 0 || k > n) return 0;
  return binomialTerm(k, n, p);
}

/** P(X ≤ k). */
export function binomialCumulative(k: number, n: number, p: number): number {
  if (k < 0) return 0;
  if (k >= n) return 1;
  return betaCumulative(n - k, k + 1, 1 - p);
}

/** P(X ≥ k). */
export function binomialUpperTail(k: number, n: number, p: number): number {
  if (k <= 0) return 1;
  if (k > n) return 0;
  return betaCumulative(k, n - k + 1, p);
}

/** Exact two-sided P value: the outcomes at most as likely as the one seen (R's and scipy's rule). */
export function binomialTest(k: number, n: number, p: number): number {
  if (n === 0) return 1;
  const mean = n * p;
  if (k === mean) return 1;
  const limit = binomialProbability(k, n, p) * (1 + 1e-7);
  if (k < mean) {
    const from = firstAtMost(Math.ceil(mean), n, (i) => binomialProbability(i, n, p) <= limit);
    return Math.min(1, binomialCumulative(k, n, p) + binomialUpperTail(from, n, p));
  }
  const from = firstAtMost(0, Math.floor(mean) + 1, (i) => binomialProbability(i, n, p) > limit);
  return Math.min(1, binomialUpperTail(k, n, p) + binomialCumulative(from - 1, n, p));
}

/** The first i in [low, high] for which `holds`, false below and true above; high + 1 when none. */
function firstAtMost(low: number, high: number, holds: (i: number) => boolean): number {
  let [a, b] = [low, high + 1];
  while (a < b) {
    const middle = Math.floor((a + b) / 2);
    if (holds(middle)) b = middle;
    else a = middle + 1;
  }
  return a;
}
