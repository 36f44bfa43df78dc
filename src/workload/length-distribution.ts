// Lengths drawn from a handful of quantiles, log-linear between them.
import type { Random } from "../core/index.ts";
import { exp, ln } from "../model/index.ts";

/** [probability 0…1, length] by rising probability, from 0 to 1. */
export type Quantiles = readonly (readonly [number, number])[];

/** In random order, one from each of `count` equal parts of the distribution: its mean and its tail hold for every seed. */
export function drawLengths(quantiles: Quantiles, count: number, random: Random): Float64Array {
  const lengths = Float64Array.from({ length: count }, (_, part) =>
    Math.max(1, Math.round(quantileAt(quantiles, (part + random.next()) / count))),
  );
  for (let i = count - 1; i > 0; i--) {
    const j = random.int(i + 1);
    [lengths[i], lengths[j]] = [lengths[j] ?? 1, lengths[i] ?? 1];
  }
  return lengths;
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
