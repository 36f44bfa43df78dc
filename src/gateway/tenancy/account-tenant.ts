// A finished request in the metrics of its tenant: how it ended, tokens, cost, objectives, and what turned it away.
import type { TokenCounts } from "../../admission/index.ts";
import type { Metrics } from "../../telemetry/index.ts";
import type { Outcome, RequestRecord } from "../record.ts";
import { judge, ownSlo, type SloObjectives } from "../slo.ts";

export interface TenantEnd {
  readonly record: RequestRecord;
  readonly outcome: Outcome;
  readonly used: TokenCounts;
  /** Billionths of the money unit. */
  readonly cost: number | undefined;
  /** Of the model. */
  readonly slo: SloObjectives | undefined;
}

const NANO = 1e9;

/** Nothing of requests whose client is no tenant. */
export function accountTenant(metrics: Metrics, { record, outcome, used, cost, slo }: TenantEnd): void {
  const { client, denied } = record;
  if (client === undefined) return;
  const { label } = client;
  metrics.tenantRequests(label, outcome).inc();
  if (denied !== undefined) metrics.tenantRejections(label, denied).inc();
  if (used.inputTokens > 0) metrics.tenantTokens(label, "prompt").inc(used.inputTokens);
  if (used.cachedTokens > 0) metrics.tenantTokens(label, "cached").inc(used.cachedTokens);
  if (used.outputTokens > 0) metrics.tenantTokens(label, "completion").inc(used.outputTokens);
  if (cost !== undefined && cost > 0) metrics.tenantCost(label).inc(cost / NANO);
  judge(ownSlo(client.slo, slo), { record, outcome }, (objective, met) =>
    metrics.tenantSloRequests(label, objective, String(met)).inc(),
  );
}
