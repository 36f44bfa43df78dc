// A P99 from a histogram: the buckets that its order statistics can lie in, never a single invented number.
import { percentile } from "../core/index.ts";
import { quantileRanks, quantileUpperRank, samplesForUpperBound } from "../stats/index.ts";
import type { MetricHistogram } from "../vllm/index.ts";

export interface QuantileRange {
  /** Milliseconds; the P99 is between them with 95 % confidence. `high` may be Infinity. */
  readonly low: number;
  readonly high: number;
  readonly samples: number;
  /** Interpolated inside of its bucket, for the seed's score. */
  readonly estimate: number;
}

/** 299: below it nothing bounds a P99 from above. */
export const NEEDED_SAMPLES = samplesForUpperBound(0.99, 0.95);

const CONFIDENCE = 0.95;
const QUANTILE = 0.99;

export function p99Of(histogram: MetricHistogram | undefined): QuantileRange | undefined {
  if (histogram === undefined || histogram.count < NEEDED_SAMPLES) return undefined;
  const n = histogram.count;
  const { low, high } = ranks(n);
  return {
    low: edgesOf(histogram, low).low * 1000,
    high: edgesOf(histogram, high).high * 1000,
    samples: n,
    estimate: interpolate(histogram, QUANTILE * n) * 1000,
  };
}

/** Of single values, ascending: the order statistics themselves. */
export function p99OfValues(sorted: readonly number[]): QuantileRange | undefined {
  if (sorted.length < NEEDED_SAMPLES) return undefined;
  const { low, high } = ranks(sorted.length);
  return {
    low: sorted[low - 1] ?? 0,
    high: sorted[high - 1] ?? Infinity,
    samples: sorted.length,
    estimate: percentile(sorted, 99),
  };
}

/** Exact up to here, then normal: the ranks differ by less than a bucket's share. */
const EXACT_UP_TO = 100_000;

function ranks(n: number): { readonly low: number; readonly high: number } {
  if (n > EXACT_UP_TO) {
    const reach = 1.96 * Math.sqrt(n * QUANTILE * (1 - QUANTILE));
    return { low: Math.floor(n * QUANTILE - reach), high: Math.min(n, Math.ceil(n * QUANTILE + reach)) };
  }
  const found = quantileRanks(n, QUANTILE, CONFIDENCE);
  if (found !== undefined) return found;
  // Two-sided there are too few; from above there is a bound, from below none but the smallest.
  return { low: 1, high: quantileUpperRank(n, QUANTILE, CONFIDENCE) ?? n };
}

/** Edges of the bucket that holds the value of this rank. */
function edgesOf({ edges, counts }: MetricHistogram, rank: number): { readonly low: number; readonly high: number } {
  const index = counts.findIndex((count) => count >= rank);
  const at = index < 0 ? counts.length - 1 : index;
  return { low: edges[at - 1] ?? 0, high: edges[at] ?? Infinity };
}

/** Prometheus' histogram_quantile: linear inside of the bucket, the last finite edge beyond it. */
function interpolate(histogram: MetricHistogram, rank: number): number {
  const { edges, counts } = histogram;
  const index = counts.findIndex((count) => count >= rank);
  const { low, high } = edgesOf(histogram, rank);
  if (!Number.isFinite(high)) return edges.findLast(Number.isFinite) ?? 0;
  const before = counts[index - 1] ?? 0;
  const inside = (counts[index] ?? 0) - before;
  return inside === 0 ? high : low + ((high - low) * (rank - before)) / inside;
}
