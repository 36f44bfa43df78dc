// least_requests: the fewest requests, whatever their size. power_of_two: the same between two at random.
import type { Policy } from "./policy.ts";
import { type CostFormula, scoredPolicy } from "./scored-policy.ts";
import { requests } from "./worker-view.ts";

const byRequests: CostFormula = (_request, candidates) => Float64Array.from(candidates, ({ load }) => requests(load));

export function leastRequests(): Policy {
  return scoredPolicy("least_requests", byRequests);
}

/** Mitzenmacher, The power of two choices in randomized load balancing (2001); a policy of vllm-router, smg and Dynamo. */
export function powerOfTwo(): Policy {
  return scoredPolicy("power_of_two", byRequests, { margin: Number.POSITIVE_INFINITY, choices: "two" });
}
