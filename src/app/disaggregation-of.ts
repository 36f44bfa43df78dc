// A deployment's way of splitting requests, as the gateway uses it.
import type { Deployment } from "../config/index.ts";
import type { DisaggregationSettings } from "../gateway/index.ts";
import { KV_LINKS, kvBytesPerToken, transferMs } from "../model/index.ts";
import { pairRuleOf } from "../routing/index.ts";
import { chooseProfile } from "./choose-profile.ts";

export function disaggregationOf(deployment: Deployment): DisaggregationSettings | undefined {
  const { disaggregation, pools } = deployment;
  const pool = pools.find(({ role }) => role === "prefill");
  if (disaggregation === undefined || pool === undefined) return undefined;
  const { connector, rule, fallback, link, leaseSeconds, prefillTimeoutSeconds, bootstrapPort } = disaggregation;
  const { profile } = chooseProfile(deployment, pool);
  const bytes = kvBytesPerToken(profile.model, profile.kv);
  return {
    connector,
    rule: pairRuleOf(rule),
    ruleName: rule,
    fallback,
    transferMs: (tokens) => transferMs(KV_LINKS[link], tokens * bytes),
    leaseMs: leaseSeconds * 1000,
    prefillTimeoutMs: prefillTimeoutSeconds * 1000,
    bootstrapPort,
  };
}
