// All policies by the name that a deployment file or a simulation plan gives: our three, and the baselines of others.
import { cacheAware } from "./cache-aware.ts";
import { dynamoCost } from "./dynamo.ts";
import { kvAware } from "./kv-aware.ts";
import { leastLoaded } from "./least-loaded.ts";
import { leastRequests, powerOfTwo } from "./least-requests.ts";
import { llmdSticky, llmdWeighted } from "./llm-d.ts";
import type { Policy } from "./policy.ts";
import { roundRobin } from "./round-robin.ts";

/** Each call makes a policy with a turn counter of its own. */
export const policies = {
  round_robin: () => roundRobin(),
  least_loaded: () => leastLoaded(),
  kv_aware: () => kvAware(),
  least_requests: () => leastRequests(),
  power_of_two: () => powerOfTwo(),
  cache_aware: () => cacheAware(),
  llmd_weighted: () => llmdWeighted(),
  llmd_sticky: () => llmdSticky(),
  dynamo: () => dynamoCost(),
  /** Dynamo as well tuned as we know how (simulation.md §5.3). */
  dynamo_tuned: () => dynamoCost({ prefillLoadScale: 32 }, "dynamo_tuned"),
} as const satisfies Record<string, () => Policy>;

export type PolicyName = keyof typeof policies;
