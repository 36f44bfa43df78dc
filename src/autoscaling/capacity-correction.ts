// What the predictions were wrong by, learnt while running.
import type { Latency } from "./pool-sample.ts";

export interface Correction {
  /** Truth over prediction. */
  readonly ttft: number;
  readonly itl: number;
  /** From so many samples, up to where each new one counts as little as it ever will; undefined = none. */
  readonly samples?: number | undefined;
}

export const NO_CORRECTION: Correction = { ttft: 1, itl: 1 };

/** The prediction itself counts as so many samples. */
const PRIOR = 5;
/**
 * Then each new one counts a hundredth, half of the way in about seventy: a 99th percentile of two minutes is mostly chance, and what
 * follows chance upwards at once and downwards late holds too many workers.
 */
const SMALLEST_WEIGHT = 0.01;
/** One strange sample, or a fault that is no matter of capacity, must not double the fleet for long. */
const [LEAST, MOST] = [0.5, 4];

export function learnt(before: Correction, predicted: Latency, observed: Latency): Correction {
  const samples = Math.min(1 / SMALLEST_WEIGHT, (before.samples ?? PRIOR) + 1);
  return {
    ttft: moved(before.ttft, observed.ttftP99Ms / predicted.ttftP99Ms, 1 / samples),
    itl: moved(before.itl, observed.itlP99Ms / predicted.itlP99Ms, 1 / samples),
    samples,
  };
}

/** Without requests nothing shows that it still holds; kept, one bad hour would hold the workers for ever. */
export function forgotten({ ttft, itl, samples }: Correction): Correction {
  return {
    ttft: moved(ttft, NO_CORRECTION.ttft, SMALLEST_WEIGHT),
    itl: moved(itl, NO_CORRECTION.itl, SMALLEST_WEIGHT),
    ...(samples !== undefined && { samples }),
  };
}

export function leastOf(one: Correction, other: Correction): Correction {
  return { ...one, ttft: Math.min(one.ttft, other.ttft), itl: Math.min(one.itl, other.itl) };
}

/** Geometric: twice as slow and twice as quick cancel out. */
function moved(before: number, ratio: number, weight: number): number {
  if (!Number.isFinite(ratio) || ratio <= 0) return before;
  return before * (Math.min(MOST, Math.max(LEAST, ratio)) / before) ** weight;
}

export function corrected({ ttftP99Ms, itlP99Ms }: Latency, { ttft, itl }: Correction): Latency {
  return { ttftP99Ms: ttftP99Ms * ttft, itlP99Ms: itlP99Ms * itl };
}
