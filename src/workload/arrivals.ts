// Times at which an open loop sends: Poisson, gamma (bursty or smooth), constant, a daily wave, bursts.
import type { Random } from "../core/index.ts";
import { ln, power } from "../model/index.ts";
import { dailyWave } from "./daily-wave.ts";

/** `ratePerSecond` is the mean of all processes. */
export type ArrivalProcess =
  | { readonly kind: "poisson"; readonly ratePerSecond: number }
  /** `burstiness` is the shape: 1 = Poisson, below 1 burstier, above 1 smoother (vLLM bench's meaning). */
  | { readonly kind: "gamma"; readonly ratePerSecond: number; readonly burstiness: number }
  | { readonly kind: "constant"; readonly ratePerSecond: number }
  | DiurnalArrivals
  | BurstArrivals;

/** Poisson whose rate follows a sine: lowest at the start, highest after half a period. */
export interface DiurnalArrivals {
  readonly kind: "diurnal";
  readonly ratePerSecond: number;
  readonly periodMs: number;
  /** The rate goes this share of the mean up and down, 0…1. */
  readonly amplitude: number;
}

/** Poisson whose rate is `factor` times the quiet one in the first `burstMs` of every `everyMs`. */
export interface BurstArrivals {
  readonly kind: "burst";
  readonly ratePerSecond: number;
  readonly factor: number;
  readonly burstMs: number;
  readonly everyMs: number;
}

/** `count` rising times in ms; the first of a process without a wave is 0. */
export function arrivalTimes(process: ArrivalProcess, count: number, random: Random): Float64Array {
  if (process.kind === "diurnal" || process.kind === "burst") return thinned(rateOf(process), count, random);
  const times = new Float64Array(count);
  let at = 0;
  for (let i = 0; i < count; i++) {
    times[i] = at;
    at += gapMs(process, random);
  }
  return times;
}

type Renewal = Exclude<ArrivalProcess, DiurnalArrivals | BurstArrivals>;

function gapMs(process: Renewal, random: Random): number {
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

interface ChangingRate {
  /** Per ms. */
  readonly highest: number;
  at(ms: number): number;
}

function rateOf(process: DiurnalArrivals | BurstArrivals): ChangingRate {
  const mean = process.ratePerSecond / 1000;
  if (process.kind === "diurnal") {
    const { amplitude, periodMs } = process;
    return { highest: mean * (1 + amplitude), at: (ms) => mean * (1 + amplitude * dailyWave(ms / periodMs)) };
  }
  const { factor, burstMs, everyMs } = process;
  const quiet = mean / (1 + ((factor - 1) * burstMs) / everyMs);
  return { highest: quiet * Math.max(1, factor), at: (ms) => (ms % everyMs < burstMs ? factor * quiet : quiet) };
}

/** Lewis and Shedler (1979): arrivals at the highest rate, each kept with the share that the rate of its time has of it. */
function thinned(rate: ChangingRate, count: number, random: Random): Float64Array {
  const times = new Float64Array(count);
  let now = 0;
  for (let i = 0; i < count;) {
    now += exponential(random) / rate.highest;
    if (random.next() * rate.highest < rate.at(now)) times[i++] = now;
  }
  return times;
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
