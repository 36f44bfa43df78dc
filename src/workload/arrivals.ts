// Times at which an open loop sends: Poisson, gamma (bursty or smooth), constant.
import type { Random } from "../core/index.ts";
import { ln, power } from "../model/index.ts";

export type ArrivalProcess =
  | { readonly kind: "poisson"; readonly ratePerSecond: number }
  /** `burstiness` is the shape: 1 = Poisson, below 1 burstier, above 1 smoother (vLLM bench's meaning). */
  | { readonly kind: "gamma"; readonly ratePerSecond: number; readonly burstiness: number }
  | { readonly kind: "constant"; readonly ratePerSecond: number };

/** `count` rising times in ms from 0. */
export function arrivalTimes(process: ArrivalProcess, count: number, random: Random): Float64Array {
  const times = new Float64Array(count);
  let at = 0;
  for (let i = 0; i < count; i++) {
    times[i] = at;
    at += gapMs(process, random);
  }
  return times;
}

function gapMs(process: ArrivalProcess, random: Random): number {
  const mean = 1000 / process.ratePerSecond;
  switch (process.kind) {
    case "constant":
      return mean;
    case "poisson":
      return mean * exponential(random);
    case "gamma":
      return (mean / process.burstiness) * gamma(process.burstiness, random);
  }
}

function exponential(random: Random): number {
  return -ln(1 - random.next());
}

/** Marsaglia and Tsang, "A simple method for generating gamma variables" (2000); shapes below 1 by their boost. */
export function gamma(shape: number, random: Random): number {
  if (shape < 1) return gamma(shape + 1, random) * power(1 - random.next(), 1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = normal(random);
    const root = 1 + c * x;
    const v = root * root * root;
    if (v > 0 && ln(1 - random.next()) < 0.5 * x * x + d - d * v + d * ln(v)) return d * v;
  }
}

/** Marsaglia's polar method, without sine and cosine; the second of the pair is not kept, so that draws do not depend on history. */
export function normal(random: Random): number {
  for (;;) {
    const x = 2 * random.next() - 1;
    const y = 2 * random.next() - 1;
    const square = x * x + y * y;
    if (square > 0 && square < 1) return x * Math.sqrt((-2 * ln(square)) / square);
  }
}
