// Stops copying when the gateway or the primary suffers, whatever the cause: users come first.
import type { BrakeSettings } from "./settings.ts";

export interface Brake {
  /** First byte of a primary answer after its dispatch. */
  note(firstByteMs: number): void;
  /** Why nothing is copied now. */
  reason(now: number): string | undefined;
}

/** The P99 of so many is their second largest. */
const KEPT = 200;
const FEWEST = 50;

export function brake(settings: BrakeSettings, loopLagMs: () => number): Brake {
  const last: number[] = [];
  let next = 0;
  let until = Number.NEGATIVE_INFINITY;
  let why: string | undefined;

  function found(): string | undefined {
    const lag = loopLagMs();
    if (lag > settings.loopLagMs) return `loop lag ${Math.round(lag)} ms`;
    const limit = settings.primaryP99Ms;
    if (limit === undefined || last.length < FEWEST) return undefined;
    const over = last.reduce((count, one) => count + (one > limit ? 1 : 0), 0);
    return over > last.length / 100 ? `primary P99 above ${limit} ms` : undefined;
  }

  return {
    note(firstByteMs) {
      last[next] = firstByteMs;
      next = (next + 1) % KEPT;
    },
    reason(now) {
      const fresh = found();
      if (fresh !== undefined) {
        why = fresh;
        until = now + settings.holdMs;
      }
      return now < until ? why : undefined;
    },
  };
}
