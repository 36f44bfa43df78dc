// Wilcoxon's signed-rank test and the Hodges–Lehmann shift of paired differences.
import type { Interval } from "./interval.ts";
import { normalCumulative, normalQuantile } from "./normal.ts";

export interface Shift {
  /** The median of all averages of two differences. */
  readonly estimate: number;
  readonly interval: Interval;
}

/** Two-sided P value, normal approximation with correction for ties; zero differences are left out. */
export function signedRankTest(differences: readonly number[]): number {
  const sorted = differences.filter((d) => d !== 0).sort((a, b) => Math.abs(a) - Math.abs(b));
  const n = sorted.length;
  if (n === 0) return 1;
  const { rankSum, tieTerm } = positiveRanks(sorted);
  const spread = Math.sqrt((n * (n + 1) * (2 * n + 1)) / 24 - tieTerm / 48);
  return Math.min(1, 2 * normalCumulative(-Math.abs(rankSum - (n * (n + 1)) / 4) / spread));
}

function positiveRanks(sorted: readonly number[]): { rankSum: number; tieTerm: number } {
  let [rankSum, tieTerm] = [0, 0];
  for (let start = 0; start < sorted.length;) {
    let end = start + 1;
    while (end < sorted.length && Math.abs(sorted[end] ?? 0) === Math.abs(sorted[start] ?? 0)) end++;
    const positive = sorted.slice(start, end).filter((d) => d > 0).length;
    rankSum += positive * ((start + 1 + end) / 2);
    const ties = end - start;
    tieTerm += ties ** 3 - ties;
    start = end;
  }
  return { rankSum, tieTerm };
}

/** Undefined without differences. The interval takes its ranks from the normal approximation. */
export function hodgesLehmann(differences: readonly number[], confidence: number): Shift | undefined {
  const n = differences.length;
  if (n === 0) return undefined;
  const sorted = Float64Array.from(differences).sort();
  const pairs = (n * (n + 1)) / 2;
  const z = normalQuantile(1 - (1 - confidence) / 2);
  const half = z * Math.sqrt((n * (n + 1) * (2 * n + 1)) / 24);
  const low = Math.max(1, Math.floor(pairs / 2 - half));
  const middle =
    (walshAverage(sorted, Math.floor((pairs + 1) / 2)) + walshAverage(sorted, Math.ceil((pairs + 1) / 2))) / 2;
  return {
    estimate: middle,
    interval: { low: walshAverage(sorted, low), high: walshAverage(sorted, pairs + 1 - low) },
  };
}

/** The k-th smallest of the n(n+1)/2 averages, by bisection on the value: no list of averages is made. */
function walshAverage(sorted: Float64Array, k: number): number {
  let low = sorted[0] ?? 0;
  let high = sorted[sorted.length - 1] ?? 0;
  for (let i = 0; i < 100; i++) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) break;
    if (countAtMost(sorted, middle) >= k) high = middle;
    else low = middle;
  }
  return countAtMost(sorted, low) >= k ? low : high;
}

function countAtMost(sorted: Float64Array, limit: number): number {
  let count = 0;
  let j = sorted.length - 1;
  for (let i = 0; i <= j; i++) {
    while (j >= i && (sorted[i] ?? 0) + (sorted[j] ?? 0) > 2 * limit) j--;
    count += j - i + 1;
  }
  return count;
}
