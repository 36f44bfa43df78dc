// Who asks: an API key, a signed token, a header of a trusted proxy, or nobody.
import type { TenantsConfig } from "../../config/index.ts";
import { addressRange } from "./address-range.ts";
import { type KeyTable, looksLikeKey } from "./api-key.ts";
import type { TokenVerifier } from "./jwt.ts";

/** Of requests without proof, where these are served. */
export const ANONYMOUS = "anonymous";

export interface Identity {
  readonly tenant: string;
  readonly keyId: string | undefined;
}

export interface Claimed {
  readonly authorization: string | undefined;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly remoteAddress: string | undefined;
}

/** Undefined = no proof was given; refused = one that does not hold. */
export type Identified = Identity | "refused" | undefined;

export interface Identifier {
  /** A promise only where a token's key must be fetched first. */
  identify(claimed: Claimed, epoch: number): Identified | Promise<Identified>;
  /** Requests without proof are served. */
  readonly anonymous: boolean;
  /** Nobody is a tenant: neither a listed one nor a key is there. */
  readonly idle: boolean;
}

export interface IdentifierParts {
  readonly config: TenantsConfig;
  readonly keys: KeyTable;
  readonly tokens: TokenVerifier | undefined;
}

const TENANT = /^[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?$/;

export function identifier({ config, keys, tokens }: IdentifierParts): Identifier {
  const { trustedHeader, anonymous, tenants } = config;
  const trusted = addressRange(trustedHeader?.from ?? []);
  const header = trustedHeader?.name.toLowerCase();

  function byHeader({ headers, remoteAddress }: Claimed): Identified {
    const name = header === undefined ? undefined : headers[header];
    if (typeof name !== "string" || !isTenantName(name) || !trusted(remoteAddress)) return undefined;
    return { tenant: name, keyId: undefined };
  }

  const proofs = tenants.length > 0 || header !== undefined || config.jwt.length > 0;
  const idle = () => !proofs && !keys.all.some(({ role }) => role === "client");
  return {
    get anonymous() {
      return anonymous === "auto" ? idle() : anonymous === "allow";
    },
    get idle() {
      return idle();
    },
    identify(claimed, epoch) {
      const bearer = bearerOf(claimed.authorization);
      if (bearer === undefined) return byHeader(claimed);
      const key = keys.find(bearer, epoch);
      if (key?.role === "client") return { tenant: key.tenant, keyId: key.id };
      if (looksLikeKey(bearer)) return "refused";
      if (tokens === undefined || bearer.split(".", 4).length !== 3) return byHeader(claimed);
      return tokens.verify(bearer, epoch);
    },
  };
}

/** `anonymous` is a name that no proof gives. */
export function isTenantName(name: string): boolean {
  return TENANT.test(name) && name !== ANONYMOUS;
}

function bearerOf(authorization = ""): string | undefined {
  if (authorization.startsWith("Bearer ")) return authorization.slice(7);
  const space = authorization.indexOf(" ");
  if (space < 0 || authorization.slice(0, space).toLowerCase() !== "bearer") return undefined;
  return authorization.slice(space + 1);
}
