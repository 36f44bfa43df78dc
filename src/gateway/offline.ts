// The gateway's pure decisions, which simulations share: loaded without its listeners, pools and relays.
export { type AboutRequest, type CandidateParts, candidatesOf, predictionOf, routeRequest } from "./choose.ts";
export type { PromptIdentity } from "./prompt-identity.ts";
export { decideRetry, jitterMs, type LegFailure, type RetryDecision } from "./retry.ts";
export { retryBudget } from "./retry-budget.ts";
