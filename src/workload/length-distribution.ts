// Lengths drawn from a handful of quantiles, log-linear between them.
import type { Random } from "../core/index.ts";
import { exp, ln } from "../model/index.ts";

/** [probability 0…1, length] by rising probability, from 0 to 1. */
export type Quantiles = readonly (readonly [number, number])[];

export function drawLength(quantiles: Quantiles, random: Random): number {
  return Math.max(1, Math.round(quantileAt(quantiles, random.next())));
}

function quantileAt(quantiles: Quantiles, probability: number): number {
  let [lowP, low] = quantiles[0] ?? [0, 1];
  for (const [highP, high] of quantiles) {
    if (probability <= highP && highP > lowP) {
      const share = (probability - lowP) / (highP - lowP);
      return exp(ln(low) + share * (ln(high) - ln(low)));
    }
    [lowP, low] = [highP, high];
  }
  return low;
}
