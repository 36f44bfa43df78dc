// Bootstrap over clusters for quantiles of two columns: resamples weights, never sorts twice.
import { percentile, type Random } from "../core/index.ts";
import type { Interval } from "./interval.ts";

/** Values of one column with the cluster (0…clusters−1) each belongs to. */
export interface ClusteredColumn {
  readonly values: readonly number[];
  readonly clusters: readonly number[];
}

export interface BootstrapOptions {
  readonly quantile: number;
  readonly clusters: number;
  readonly confidence: number;
  readonly repetitions: number;
  readonly random: Random;
}

/**
 * Percentile interval of quantile(second) ÷ quantile(first). Whole clusters (sessions, minutes) are drawn with replacement,
 * the same for both columns, so what pairs share cancels. One-sided bounds: ask for confidence 1 − 2α and use one end.
 */
export function quantileRatioInterval(
  first: ClusteredColumn,
  second: ClusteredColumn,
  options: BootstrapOptions,
): Interval {
  const [one, two] = [descending(first), descending(second)];
  const weights = new Uint32Array(options.clusters);
  const ratios = Array.from({ length: options.repetitions }, () => {
    weights.fill(0);
    for (let i = 0; i < options.clusters; i++) {
      const drawn = options.random.int(options.clusters);
      weights[drawn] = (weights[drawn] ?? 0) + 1;
    }
    return weightedQuantile(two, weights, options.quantile) / weightedQuantile(one, weights, options.quantile);
  });
  const sorted = ratios.filter((ratio) => Number.isFinite(ratio)).sort((a, b) => a - b);
  const tail = ((1 - options.confidence) / 2) * 100;
  return { low: percentile(sorted, tail), high: percentile(sorted, 100 - tail) };
}

interface Descending {
  readonly values: Float64Array;
  readonly clusters: Uint32Array;
  readonly sizes: Map<number, number>;
}

function descending({ values, clusters }: ClusteredColumn): Descending {
  const order = values.map((_, i) => i).sort((a, b) => (values[b] ?? 0) - (values[a] ?? 0));
  const sizes = new Map<number, number>();
  for (const cluster of clusters) sizes.set(cluster, (sizes.get(cluster) ?? 0) + 1);
  return {
    values: Float64Array.from(order, (i) => values[i] ?? 0),
    clusters: Uint32Array.from(order, (i) => clusters[i] ?? 0),
    sizes,
  };
}

/** numpy's linear quantile of the sample in which each value stands as often as its cluster was drawn. */
function weightedQuantile(column: Descending, weights: Uint32Array, quantile: number): number {
  let n = 0;
  for (const [cluster, size] of column.sizes) n += size * (weights[cluster] ?? 0);
  if (n === 0) return Number.NaN;
  const rank = (n - 1) * quantile;
  const fromTop = n - 1 - Math.floor(rank);
  const upper = Math.max(0, fromTop - 1);
  let [seen, above] = [0, Number.NaN];
  for (let i = 0; i < column.values.length; i++) {
    seen += weights[column.clusters[i] ?? 0] ?? 0;
    const value = column.values[i] ?? Number.NaN;
    if (Number.isNaN(above) && seen > upper) above = value;
    if (seen > fromTop) return value + (above - value) * (rank - Math.floor(rank));
  }
  return Number.NaN;
}
