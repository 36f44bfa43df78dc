// The median of a few values with a distribution-free 95 % interval from order statistics.
import { quantileRanks } from "../../src/stats/index.ts";

export interface MedianInterval {
  readonly median: number;
  /** Undefined with fewer than six values: no two of them enclose the median with 95 %. */
  readonly low: number | undefined;
  readonly high: number | undefined;
  readonly count: number;
}

export function medianInterval(values: readonly number[]): MedianInterval {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (rank: number): number => sorted[rank - 1] ?? Number.NaN;
  const count = sorted.length;
  const median = (at(Math.ceil(count / 2)) + at(Math.floor(count / 2) + 1)) / 2;
  const ranks = quantileRanks(count, 0.5, 0.95);
  return { median, low: ranks && at(ranks.low), high: ranks && at(ranks.high), count };
}
