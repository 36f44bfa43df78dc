// How much slower or faster than its model each worker is: measured ÷ predicted time to first token.
import { type Ewma, ewma } from "../core/index.ts";

export interface Slowdowns {
  /** 0.5…2; 1 when unknown. */
  of(worker: string): number;
  /** `predictedMs` contains the correction that was in force. */
  learn(
    worker: string,
    sample: { readonly measuredMs: number; readonly predictedMs: number; readonly nowMs: number },
  ): void;
  drop(worker: string): void;
}

const HALF_LIFE_MS = 60_000;
/** One outlier (a restart, a stall) must not turn the correction around. */
const SAMPLE_BOUNDS = [0.25, 4] as const;
const BOUNDS = [0.5, 2] as const;

export function slowdowns(): Slowdowns {
  const learned = new Map<string, Ewma>();
  const of = (worker: string) => clamp(learned.get(worker)?.value ?? 1, BOUNDS);
  return {
    of,
    learn(worker, { measuredMs, predictedMs, nowMs }) {
      if (!(predictedMs > 0) || !(measuredMs >= 0)) return;
      let average = learned.get(worker);
      if (average === undefined) learned.set(worker, (average = ewma(HALF_LIFE_MS)));
      average.add(clamp((measuredMs / predictedMs) * of(worker), SAMPLE_BOUNDS), nowMs);
    },
    drop: (worker) => void learned.delete(worker),
  };
}

function clamp(value: number, [low, high]: readonly [number, number]): number {
  return Math.min(high, Math.max(low, value));
}
