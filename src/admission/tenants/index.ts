// Tenants as decisions: who asks, what they may, what they have used.
export { isLive, type KeyTable, keyTable, newApiKey } from "./api-key.ts";
export { cacheSalt } from "./cache-salt.ts";
export type { TokenCounts } from "./cost.ts";
export { ANONYMOUS, type Identified, identifier, type Identifier, isTenantName } from "./identity.ts";
export { loadVerifier } from "./load-verifier.ts";
export { type Ask, inUnit, RATE_LIMITS } from "./meter.ts";
export {
  type Denied,
  type Grant,
  type NamedMeter,
  type PastUse,
  type QuotaQuestion,
  type QuotaHolder,
  quotas,
  type Quotas,
  type QuotaShare,
} from "./quotas.ts";
export { breachOf, mayUse } from "./request-rules.ts";
export { steadyEpoch } from "./steady-epoch.ts";
