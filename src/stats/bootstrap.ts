// Bootstrap over clusters for ratios of quantiles: draws weights once for all measures, and never sorts twice.
import { percentile, type Random } from "../core/index.ts";
import type { Interval } from "./interval.ts";

/** Values of one column with the cluster (0…clusters−1) each belongs to. */
export interface ClusteredColumn {
  readonly values: readonly number[];
  readonly clusters: readonly number[];
}

export interface ColumnPair {
  readonly first: ClusteredColumn;
  readonly second: ClusteredColumn;
}

export interface BootstrapOptions {
  readonly quantile: number;
  readonly clusters: number;
  readonly repetitions: number;
  readonly random: Random;
}

/**
 * Sorted bootstrap replicates of quantile(second) ÷ quantile(first), one list a pair of columns. Whole clusters (sessions,
 * minutes) are drawn with replacement, the same for both columns, so what pairs share cancels.
 */
export function quantileRatioReplicates(pairs: readonly ColumnPair[], options: BootstrapOptions): readonly number[][] {
  const { clusters, quantile, random } = options;
  const columns = pairs.map(({ first, second }) => ({
    one: descending(first, clusters),
    two: descending(second, clusters),
  }));
  const weights = new Uint32Array(clusters);
  const replicates = pairs.map((): number[] => []);
  for (let repetition = 0; repetition < options.repetitions; repetition++) {
    weights.fill(0);
    for (let i = 0; i < clusters; i++) {
      const drawn = Math.floor(random.next() * clusters);
      weights[drawn] = (weights[drawn] ?? 0) + 1;
    }
    for (const [i, { one, two }] of columns.entries()) {
      const ratio = weightedQuantile(two, weights, quantile) / weightedQuantile(one, weights, quantile);
      if (Number.isFinite(ratio)) replicates[i]?.push(ratio);
    }
  }
  return replicates.map((list) => list.sort((a, b) => a - b));
}

/** The percentile interval of sorted replicates. One-sided at level α: ask for confidence 1 − 2α and use one end. */
export function percentileInterval(replicates: readonly number[], confidence: number): Interval {
  const tail = ((1 - confidence) / 2) * 100;
  return { low: percentile(replicates, tail), high: percentile(replicates, 100 - tail) };
}

interface Descending {
  readonly values: Float64Array;
  readonly clusters: Uint32Array;
  readonly sizes: Uint32Array;
}

function descending({ values, clusters }: ClusteredColumn, count: number): Descending {
  const order = values.map((_, i) => i).sort((a, b) => (values[b] ?? 0) - (values[a] ?? 0));
  const sizes = new Uint32Array(count);
  for (const cluster of clusters) sizes[cluster] = (sizes[cluster] ?? 0) + 1;
  return {
    values: Float64Array.from(order, (i) => values[i] ?? 0),
    clusters: Uint32Array.from(order, (i) => clusters[i] ?? 0),
    sizes,
  };
}

/** numpy's linear quantile of the sample in which each value stands as often as its cluster was drawn. */
function weightedQuantile(column: Descending, weights: Uint32Array, quantile: number): number {
  let n = 0;
  for (let i = 0; i < weights.length; i++) n += (column.sizes[i] ?? 0) * (weights[i] ?? 0);
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
