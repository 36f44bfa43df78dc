// McNemar's exact test of pairs that differ.
import { binomialTest } from "./binomial.ts";

/** Two-sided P value that an event which hits one of a pair hits either side equally often. */
export function mcnemarTest(onlyFirst: number, onlySecond: number): number {
  return binomialTest(Math.min(onlyFirst, onlySecond), onlyFirst + onlySecond, 0.5);
}
