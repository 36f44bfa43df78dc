// Metrics of tenants; the label `tenant` is one of the first 500 names that asked, `(other)` for all after them.
import type { MetricEntry } from "./metric-entry.ts";

export const TENANT_METRICS = {
  tenantRequests: {
    name: "switchgear_tenant_requests_total",
    kind: "counter",
    help: "Requests of tenants that ended, by outcome as in `switchgear_requests_total`. The 500 tenants that asked first have a label of their own, others count as `(other)`.",
    labels: ["tenant", "outcome"],
  },
  tenantTokens: {
    name: "switchgear_tenant_tokens_total",
    kind: "counter",
    help: "Tokens of tenants by kind: prompt, cached (prompt tokens the worker took from its cache), completion.",
    labels: ["tenant", "kind"],
  },
  tenantRejections: {
    name: "switchgear_tenant_rejections_total",
    kind: "counter",
    help: "Requests of tenants that the gateway turned away, by reason: a limit (requests, input_tokens, output_tokens, concurrent, budget, database), what the tenant may not ask (model_not_found, context_length_exceeded, max_output_tokens_exceeded, parameter_not_allowed), or the queue (full, hopeless, timeout).",
    labels: ["tenant", "reason"],
  },
  tenantCost: {
    name: "switchgear_tenant_cost_total",
    kind: "counter",
    help: "Cost of the tenants' requests by `spec.prices`, in the unit of the prices.",
    labels: ["tenant"],
  },
  tenantSloRequests: {
    name: "switchgear_tenant_slo_requests_total",
    kind: "counter",
    help: "Requests of tenants against their objectives (the tenant's `slo`, else the model's), counted as `switchgear_slo_requests_total`.",
    labels: ["tenant", "objective", "met"],
  },
  tenantSloAvailability: {
    name: "switchgear_tenant_slo_availability_ratio",
    kind: "gauge",
    help: "`slo.availabilityTarget` of tenants that have one of their own, 0 to 1.",
    labels: ["tenant"],
  },
  tenantBudget: {
    name: "switchgear_tenant_budget_used_ratio",
    kind: "gauge",
    help: "Share of a tenant's budget that is used or reserved in this day or month, as this gateway counts it; above 1 only for soft budgets.",
    labels: ["tenant", "unit", "per", "mode"],
  },
  ledgerWaiting: {
    name: "switchgear_ledger_waiting_rows",
    kind: "gauge",
    help: "Finished requests that are not in the ledger's database yet.",
    labels: [],
  },
  ledgerLost: {
    name: "switchgear_ledger_lost_rows",
    kind: "gauge",
    help: "Finished requests, since the start, that the ledger gave up because its database was away too long.",
    labels: [],
  },
} as const satisfies Record<string, MetricEntry>;
