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

/** In proportion, not at once: predictions are not exact, and where all are late the least late one is still the best. */
export function lateMs({ promised }: RouteRequest, ttftMs: number, { lateWeight }: CostSettings): number {
  return lateWeight * Math.max(0, ttftMs - (promised?.ttftMs ?? Number.POSITIVE_INFINITY));
}
