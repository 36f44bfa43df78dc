// Mean lengths of requests, smoothed: those of one interval are a matter of chance.
import type { Demand } from "./pool-sample.ts";

export type Lengths = Omit<Demand, "requestsPerSecond">;

/** Short enough to follow the hours, long enough for some hundred requests. */
const SHORTEST_MS = 200_000;

/** The part of one sample: what a start-up ahead asks for is no matter of the last minute. */
export function sampleWeight(intervalMs: number, horizonMs: number): number {
  return Math.min(1, intervalMs / Math.max(SHORTEST_MS, horizonMs));
}

/** Undefined until somebody asked: nothing is known of lengths before. */
export function smoothed(before: Lengths | undefined, seen: Demand, weight: number): Lengths | undefined {
  const { promptTokens, cachedTokens, outputTokens, answerShape, wholeShare, requestsPerSecond } = seen;
  if (requestsPerSecond === 0) return before;
  const whole = wholeShare !== undefined && { wholeShare };
  if (before === undefined)
    return { promptTokens, cachedTokens, outputTokens, ...(answerShape && { answerShape }), ...whole };
  const moved = (from: number, to: number): number => from + weight * (to - from);
  return {
    promptTokens: moved(before.promptTokens, promptTokens),
    cachedTokens: moved(before.cachedTokens, cachedTokens),
    outputTokens: moved(before.outputTokens, outputTokens),
    ...(answerShape && { answerShape: answerShape.map((part, i) => moved(before.answerShape?.[i] ?? part, part)) }),
    ...(whole && { wholeShare: moved(before.wholeShare ?? whole.wholeShare, whole.wholeShare) }),
  };
}
