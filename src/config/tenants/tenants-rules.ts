// What the Tenants documents of one process must agree on.
import type { Problem } from "../problem.ts";
import type { DeploymentFile } from "../source-file.ts";
import type { TenantsDocument } from "./tenants-schema.ts";

export interface TenantsFound {
  readonly source: DeploymentFile;
  readonly document: TenantsDocument;
}

export interface TenantsFinding {
  readonly of: { readonly source: DeploymentFile };
  readonly problem: Problem;
}

/** Two lists of who may ask would need a rule for which one counts. */
export function tenantsRules(found: readonly TenantsFound[]): TenantsFinding[] {
  return found.slice(1).map((of) => {
    const about = { message: "is a second Tenants document; a process has one", value: of.document.metadata.name };
    return { of, problem: { severity: "error", code: "conflict", path: ["metadata", "name"], ...about } };
  });
}
