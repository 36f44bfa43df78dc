// Names of tenants as labels of metrics: a header of a proxy may name any number of them, a page bears some hundreds.

export interface TenantLabels {
  /** Its name while there is room, else the one that all others share. */
  of(tenant: string): string;
  /** Those that have a label of their own. */
  named<Row extends { readonly tenant: string }>(rows: readonly Row[]): Row[];
}

const MOST = 500;
/** No name of a tenant has brackets. */
const OTHERS = "(other)";

export function tenantLabels(most = MOST): TenantLabels {
  const known = new Set<string>();
  return {
    of(tenant) {
      if (known.size < most) known.add(tenant);
      return known.has(tenant) ? tenant : OTHERS;
    },
    named: (rows) => rows.filter(({ tenant }) => known.has(tenant)),
  };
}
