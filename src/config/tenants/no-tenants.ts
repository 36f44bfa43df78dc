// What holds while no Tenants document is there: everybody is served, nobody is limited, keys may be made.
import { API_VERSION } from "../schema.ts";
import type { TenantsConfig } from "./tenants-config.ts";
import { tenantsSchema } from "./tenants-schema.ts";

const NOWHERE = "(none)";

/** It stands in no file. */
export function isNone({ source }: Pick<TenantsConfig, "source">): boolean {
  return source.file === NOWHERE;
}

export function noTenants(): TenantsConfig {
  const document = { apiVersion: API_VERSION, kind: "Tenants", metadata: { name: "none" }, spec: {} };
  return { ...tenantsSchema.parse(document).spec, name: "none", source: { file: NOWHERE, line: 1 } };
}
