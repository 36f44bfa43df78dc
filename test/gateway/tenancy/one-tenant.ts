// Tenancy with one tenant that everybody is: its salts show what they were made of.
import type { Client, Tenancy } from "../../../src/gateway/index.ts";

export function oneTenant({ saltsLegacy = false } = {}): Tenancy {
  const client: Client = {
    tenant: "a",
    keyId: undefined,
    label: "a",
    routeHeader: false,
    maxOutputTokens: () => undefined,
    mayUse: () => true,
    salt: (_model, own) => `salt of a${own ?? ""}`,
    saltsLegacy,
  };
  const grant = { left: { requests: undefined, tokens: undefined }, beyondSoft: false, token: () => undefined };
  return {
    identify: () => ({ kind: "client", client }),
    admit: () => ({ ...grant, settle: () => 0 }),
    finished: () => undefined,
  };
}
