// Mean lengths of requests, smoothed: those of one interval are a matter of chance.
import type { Demand } from "./pool-sample.ts";

export type Lengths = Omit<Demand, "requestsPerSecond">;

/** Half of the way in about fourteen samples. */
const WEIGHT = 0.05;

/** Undefined until somebody asked: nothing is known of lengths before. */
export function smoothed(before: Lengths | undefined, seen: Demand): Lengths | undefined {
  const { promptTokens, cachedTokens, outputTokens, wholeShare, requestsPerSecond } = seen;
  if (requestsPerSecond === 0) return before;
  const whole = wholeShare !== undefined && { wholeShare };
  if (before === undefined) return { promptTokens, cachedTokens, outputTokens, ...whole };
  const moved = (from: number, to: number): number => from + WEIGHT * (to - from);
  return {
    promptTokens: moved(before.promptTokens, promptTokens),
    cachedTokens: moved(before.cachedTokens, cachedTokens),
    outputTokens: moved(before.outputTokens, outputTokens),
    ...(whole && { wholeShare: moved(before.wholeShare ?? whole.wholeShare, whole.wholeShare) }),
  };
}
