// Values about tenants that are read at scrape time: budgets, promises, the ledger.
import { METRICS } from "./metric-table.ts";
import type { MetricsPage } from "./metrics-page.ts";

export interface TenantBudgetSample {
  readonly tenant: string;
  readonly unit: string;
  readonly per: string;
  readonly mode: string;
  readonly used: number;
}

export interface TenantSamples {
  tenantBudgets(): readonly TenantBudgetSample[];
  tenantSlo(): readonly { readonly tenant: string; readonly availabilityTarget: number }[];
  /** Rows of the ledger; undefined without one. */
  ledger(): { readonly waiting: number; readonly lost: number } | undefined;
}

export const NO_TENANT_SAMPLES: TenantSamples = {
  tenantBudgets: () => [],
  tenantSlo: () => [],
  ledger: () => undefined,
};

export function registerTenantGauges(page: MetricsPage, samples: () => TenantSamples): void {
  page.gauge(METRICS.tenantBudget, (set) => {
    for (const { tenant, unit, per, mode, used } of samples().tenantBudgets()) set(used, tenant, unit, per, mode);
  });
  page.gauge(METRICS.tenantSloAvailability, (set) => {
    for (const { tenant, availabilityTarget } of samples().tenantSlo()) set(availabilityTarget, tenant);
  });
  page.gauge(METRICS.ledgerWaiting, (set) => {
    const found = samples().ledger();
    if (found !== undefined) set(found.waiting);
  });
  page.gauge(METRICS.ledgerLost, (set) => {
    const found = samples().ledger();
    if (found !== undefined) set(found.lost);
  });
}
