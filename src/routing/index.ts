// Chooses a worker: one file per policy, one cost function; performs no I/O.
export { cacheAware, type CacheAwareSettings } from "./cache-aware.ts";
export { cachedTokens } from "./cached-tokens.ts";
export { type CostSettings, DEFAULT_COST, type RouteCost, routeCost } from "./cost.ts";
export { dynamoCost, type DynamoSettings } from "./dynamo.ts";
export { kvAware } from "./kv-aware.ts";
export { leastLoaded } from "./least-loaded.ts";
export { llmdSticky, type LlmdStickySettings, llmdWeighted, type LlmdWeights } from "./llm-d.ts";
export { policies, type PolicyName } from "./policies.ts";
export type { Candidate, Policy, RouteDecision, RouteRequest, RouteScore } from "./policy.ts";
export { type CacheResidual, type Residuals, residuals, type TtftResidual, type WorkerResiduals } from "./residuals.ts";
export { roundRobin } from "./round-robin.ts";
