// The end of a request as its tenant's books have it: what was reserved becomes what was used.
import { ANONYMOUS } from "../../admission/index.ts";
import type { GatewayOptions } from "../options.ts";
import type { Outcome, RequestRecord } from "../record.ts";
import { countedUsage } from "../usage.ts";
import { accountTenant } from "./account-tenant.ts";

/** Requests that never got to a worker's model are in the metrics, not in the books. */
export function settle(options: GatewayOptions, record: RequestRecord, outcome: Outcome): void {
  const { tenants, clock, metrics } = options;
  if (tenants === undefined) return;
  const { client, grant, model, id } = record;
  const usage = countedUsage(record);
  const counts = {
    inputTokens: usage.promptTokens ?? 0,
    cachedTokens: usage.cachedTokens ?? 0,
    outputTokens: usage.completionTokens ?? 0,
  };
  const cost = grant?.settle(counts);
  const slo = model === undefined ? undefined : options.model(model)?.slo;
  const isServed = model !== undefined && (grant !== undefined || record.legs.length > 0);
  accountTenant(metrics, { record, outcome, used: isServed ? counts : NOTHING, cost, slo });
  if (!isServed) return;
  tenants.finished({
    ...counts,
    id,
    at: record.arrivedEpoch,
    tenant: client?.tenant ?? ANONYMOUS,
    keyId: client?.keyId,
    model,
    outcome,
    status: record.status,
    latencyMs: Math.round(clock.now() - record.arrivedAt),
    estimated: usage.estimated,
    cost,
  });
}

const NOTHING = { inputTokens: 0, cachedTokens: 0, outputTokens: 0 };
