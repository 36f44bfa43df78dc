// The cache_salt of a tenant: from a secret of this installation, so that no client can write another tenant's.
import { createHmac } from "node:crypto";
import type { TenantConfig, TenantsConfig } from "../../config/index.ts";

export interface SaltOf {
  readonly tenant: string;
  /** What the client sent itself: it divides the tenant's own cache further, and nothing more. */
  readonly own: string | undefined;
}

/** Undefined when no salt is to be set. The same for all requests of a tenant, on every gateway with the same secret. */
export function cacheSalt(
  secret: Buffer,
  { isolation }: Pick<TenantsConfig, "isolation">,
): (of: SaltOf, group?: TenantConfig["sharingGroup"]) => string | undefined {
  const made = new Map<string, string>();
  const mac = (...parts: readonly string[]) =>
    createHmac("sha256", secret).update(JSON.stringify(parts)).digest("base64url").slice(0, 32);
  return ({ tenant, own }, group) => {
    if (isolation.cacheSalt === "off") return undefined;
    const holder = group === undefined ? `tenant/${tenant}` : `group/${group}`;
    let salt = made.get(holder);
    if (salt === undefined) made.set(holder, (salt = mac(holder, String(isolation.epoch))));
    return own === undefined ? salt : mac(salt, own);
  };
}
