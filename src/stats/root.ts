// Where a rising function crosses zero.
import type { Interval } from "./interval.ts";

/** Bisection to the last digit; `rising` is below zero at the low end and above it at the high end, else the end is returned. */
export function crossing(rising: (x: number) => number, within: Interval): number {
  let { low, high } = within;
  if (rising(low) > 0) return low;
  if (rising(high) < 0) return high;
  for (let i = 0; i < 200; i++) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) break;
    if (rising(middle) < 0) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
