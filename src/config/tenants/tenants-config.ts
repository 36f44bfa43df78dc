// A Tenants file as it is read: frozen, paths absolute.
import type { TenantsDocument } from "./tenants-schema.ts";

type Spec = TenantsDocument["spec"];

export interface TenantsConfig extends Omit<Spec, "tenants"> {
  readonly name: string;
  readonly source: { readonly file: string; readonly line: number };
  readonly tenants: readonly TenantConfig[];
}

export type TenantConfig = Spec["tenants"][number];
export type TenantDefaults = Spec["defaults"];
export type TenantLimits = TenantConfig["limits"];
export type TenantPrice = Spec["prices"][string];
export type JwtSettings = Spec["jwt"][number];
