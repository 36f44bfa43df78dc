// What is promised to requests, in the terms of the routing cost.
import type { CostSettings } from "./cost.ts";
import type { Candidate, RouteRequest } from "./policy.ts";

/** The tightest mean gap that is promised to this request or to one that is there; where nothing is, the policy's own. */
export function gapLimitMs(
  { promised }: RouteRequest,
  { promisedItlMs = Number.POSITIVE_INFINITY }: Candidate,
  { tpotSloMs }: CostSettings,
): number {
  const limitMs = Math.min(promised?.itlMs ?? Number.POSITIVE_INFINITY, promisedItlMs);
  return limitMs < Number.POSITIVE_INFINITY ? limitMs : tpotSloMs;
}

/**
 * In proportion, not at once, for predictions are not exact; but no more than another's missed objective counts: what is late
 * anyway is not to take the place of what is not.
 */
export function lateMs({ promised }: RouteRequest, ttftMs: number, { lateWeight, missMs }: CostSettings): number {
  const late = Math.max(0, ttftMs - (promised?.ttftMs ?? Number.POSITIVE_INFINITY));
  return Math.min(missMs, lateWeight * late);
}
