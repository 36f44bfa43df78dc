// Chooses a worker: one file per policy, one cost function; performs no I/O.
export { cacheAware } from "./cache-aware.ts";
export { DEFAULT_COST, routeCost } from "./cost.ts";
export { dynamoCost } from "./dynamo.ts";
export { kvAware } from "./kv-aware.ts";
export { leastLoaded } from "./least-loaded.ts";
export { llmdSticky, llmdWeighted } from "./llm-d.ts";
export {
  choosePair,
  type ChosenPair,
  type PairCandidates,
  type PairDecision,
  type PairLink,
  type PairParts,
} from "./pair.ts";
export { type PairQuestion, type PairRule, pairRuleOf } from "./pair-rule.ts";
export { policies, type PolicyName } from "./policies.ts";
export { policyOf, promisedPolicy, promisedSpec, withSetting } from "./policy-spec.ts";
export type { Candidate, Policy, Promised, RouteDecision, RouteRequest, RouteScore } from "./policy.ts";
export { type Residuals, residuals } from "./residuals.ts";
export { roundRobin } from "./round-robin.ts";
export { type StepTable, stepTable } from "./step-table.ts";
export { type SplitFigures, whyNoSplit } from "./why-no-split.ts";
