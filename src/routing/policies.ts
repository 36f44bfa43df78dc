// All policies by the name that a deployment file or a simulation plan gives.
import { kvAware } from "./kv-aware.ts";
import { leastLoaded } from "./least-loaded.ts";
import type { Policy } from "./policy.ts";
import { roundRobin } from "./round-robin.ts";

/** Each call makes a policy with a turn counter of its own. */
export const policies = {
  round_robin: () => roundRobin(),
  least_loaded: () => leastLoaded(),
  kv_aware: () => kvAware(),
} as const satisfies Record<string, () => Policy>;

export type PolicyName = keyof typeof policies;
