// What the predictions were wrong by, learnt while running.
import type { Latency } from "./pool-sample.ts";

/** Truth over prediction. */
export interface Correction {
  readonly ttft: number;
  readonly itl: number;
}

export const NO_CORRECTION: Correction = { ttft: 1, itl: 1 };

/** Half of the way in about three samples. */
const WEIGHT = 0.2;
/** One strange sample, or a fault that is no matter of capacity, must not double the fleet for long. */
const [LEAST, MOST] = [0.5, 4];

export function learnt(before: Correction, predicted: Latency, observed: Latency): Correction {
  return {
    ttft: moved(before.ttft, observed.ttftP99Ms / predicted.ttftP99Ms),
    itl: moved(before.itl, observed.itlP99Ms / predicted.itlP99Ms),
  };
}

/** Without requests nothing shows that it still holds; kept, one bad hour would hold the workers for ever. */
export function forgotten({ ttft, itl }: Correction): Correction {
  return { ttft: moved(ttft, NO_CORRECTION.ttft), itl: moved(itl, NO_CORRECTION.itl) };
}

export function leastOf(one: Correction, other: Correction): Correction {
  return { ttft: Math.min(one.ttft, other.ttft), itl: Math.min(one.itl, other.itl) };
}

function moved(before: number, ratio: number): number {
  if (!Number.isFinite(ratio) || ratio <= 0) return before;
  return before + WEIGHT * (Math.min(MOST, Math.max(LEAST, ratio)) - before);
}

export function corrected({ ttftP99Ms, itlP99Ms }: Latency, { ttft, itl }: Correction): Latency {
  return { ttftP99Ms: ttftP99Ms * ttft, itlP99Ms: itlP99Ms * itl };
}
