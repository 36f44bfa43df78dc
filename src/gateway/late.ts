// When a request that no byte answers is too late for what was predicted, so that another worker shall have it.

/** Predictions err; by this much they mean that the worker does not work. */
const TIMES_PREDICTED = 20;

/** Undefined = only the limit for the first byte counts. `afterMs` 0 = never. */
export function lateAfter(afterMs: number, predictedTtftMs: number | undefined): number | undefined {
  if (afterMs === 0 || predictedTtftMs === undefined) return undefined;
  return Math.max(afterMs, TIMES_PREDICTED * predictedTtftMs);
}
