// A test that may be looked at after every observation: does a share equal its set value?
import { logGamma } from "./log-gamma.ts";

/** How strongly the alternative is held near the set share; in observations. */
const PRIOR_WEIGHT = 100;

/**
 * ln of an e-value against "each observation is a success with probability `share`": a beta mixture around the share.
 * Reject when it passes ln(1/α) at any time (Lindon and Malek 2022). Infinite when the share is 0 or 1 and was not kept.
 */
export function shareLogE(successes: number, trials: number, share: number): number {
  const failures = trials - successes;
  if (share <= 0) return successes === 0 ? 0 : Number.POSITIVE_INFINITY;
  if (share >= 1) return failures === 0 ? 0 : Number.POSITIVE_INFINITY;
  const [a, b] = [PRIOR_WEIGHT * share, PRIOR_WEIGHT * (1 - share)];
  const likelihood = successes * Math.log(share) + failures * Math.log1p(-share);
  return logBeta(a + successes, b + failures) - logBeta(a, b) - likelihood;
}

function logBeta(a: number, b: number): number {
  return logGamma(a) + logGamma(b) - logGamma(a + b);
}
