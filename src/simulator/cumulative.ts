// Points of a cumulative distribution, close together in the tail.
import { percentile } from "../core/index.ts";

/** [value, share of requests at or below it] */
export type CumulativePoint = readonly [number, number];

/** Every per cent, and every tenth of one above 99. */
const PERCENTS = [...Array.from({ length: 100 }, (_, i) => i), ...Array.from({ length: 10 }, (_, i) => 99.1 + i / 10)];

/** Empty when there are no values. */
export function cumulative(values: readonly number[]): CumulativePoint[] {
  if (values.length === 0) return [];
  const sorted = Float64Array.from(values).sort();
  return PERCENTS.map((percent) => {
    const exact = Math.min(100, Math.round(10 * percent) / 10);
    return [percentile(sorted, exact), exact / 100] as const;
  });
}
