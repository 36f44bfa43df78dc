// Calendar time that no jump of the wall clock moves: budgets neither end early nor begin anew.
import type { Clock } from "../../core/index.ts";

/** By how much of the elapsed time it follows the wall clock: drift is made good, a jump of a day takes months. */
const SLEW = 0.01;

/** Never goes back. */
export function steadyEpoch(clock: Pick<Clock, "now" | "epoch">): () => number {
  let seenAt = clock.now();
  let epoch = clock.epoch();
  return () => {
    const now = clock.now();
    const elapsed = Math.max(0, now - seenAt);
    seenAt = Math.max(seenAt, now);
    const error = clock.epoch() - (epoch + elapsed);
    const follow = Number.isFinite(error) ? Math.max(-SLEW * elapsed, Math.min(SLEW * elapsed, error)) : 0;
    epoch += elapsed + follow;
    return epoch;
  };
}
