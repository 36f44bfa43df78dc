// Random variation of step times, equal for equal seeds on every platform.
import type { Random } from "../../core/index.ts";
import { exp, ln } from "../../model/index.ts";

/** Lognormal factors with median 1 and the given σ of their logarithm. */
export function stepNoise(random: Random, sigma: number): () => number {
  return () => (sigma === 0 ? 1 : exp(sigma * standardNormal(random)));
}

/** No factor is below it: `square` is at least 2⁻⁶², so that a standard normal number is at least −√(2 · 62 · ln 2) = −9.27. */
export function leastNoise(sigma: number): number {
  return exp(-9.3 * sigma);
}

/** Marsaglia's polar method: no sine or cosine. */
function standardNormal(random: Random): number {
  for (;;) {
    const x = 2 * random.next() - 1;
    const y = 2 * random.next() - 1;
    const square = x * x + y * y;
    if (square > 0 && square < 1) return x * Math.sqrt((-2 * ln(square)) / square);
  }
}
