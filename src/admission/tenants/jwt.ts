// Signed tokens of identity providers: signature, issuer, audience and times are checked, then a claim names the tenant.
import { readFileSync } from "node:fs";
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  decodeJwt,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
} from "jose";
import type { JwtSettings } from "../../config/index.ts";
import { SwitchgearError } from "../../core/index.ts";
import { type Identified, isTenantName } from "./identity.ts";

export interface TokenVerifier {
  verify(token: string, epoch: number): Identified | Promise<Identified>;
}

/** Verified tokens are remembered: the same one comes with each request of a client. */
const MAX_REMEMBERED = 10_000;
const REMEMBER_MS = 60_000;
const MAX_TOKEN_BYTES = 16_384;
const FETCH_LIMIT_MS = 3000;
/** Keys are asked for anew, beside the requests: one that was withdrawn ends after this and `REMEMBER_MS`. */
const RENEW_MS = 60_000;
/** While their address does not answer, those that are known count so long. */
const KEEP_MS = 86_400_000;

interface Issuer {
  readonly settings: JwtSettings;
  readonly keys: JWTVerifyGetKey;
  /** Before each use. */
  readonly renew: (epoch: number) => void;
}

interface Remembered {
  readonly identity: Identified;
  readonly until: number;
}

/** Throws when a JWKS file cannot be used; an address that does not answer refuses tokens until it does. */
export function tokenVerifier(settings: readonly JwtSettings[]): TokenVerifier {
  const issuers = settings.map((one): Issuer => ({ settings: one, ...keysOf(one) }));
  const remembered = new Map<string, Remembered>();

  async function check(token: string, epoch: number): Promise<Identified> {
    const named = issuerOf(token);
    // One provider may issue for several audiences.
    for (const issuer of issuers.filter((one) => one.settings.issuer === named)) {
      const payload = await verified(token, issuer, epoch);
      const tenant = payload?.[issuer.settings.claim];
      if (payload === undefined || typeof tenant !== "string" || !isTenantName(tenant)) continue;
      const identity = { tenant, keyId: undefined };
      const expires = (payload.exp ?? 0) * 1000;
      if (remembered.size >= MAX_REMEMBERED) remembered.delete(remembered.keys().next().value ?? "");
      remembered.set(token, { identity, until: Math.min(expires, epoch + REMEMBER_MS) });
      return identity;
    }
    return "refused";
  }

  return {
    verify(token, epoch) {
      if (token.length > MAX_TOKEN_BYTES) return "refused";
      const known = remembered.get(token);
      if (known !== undefined && known.until > epoch) return known.identity;
      if (known !== undefined) remembered.delete(token);
      return check(token, epoch);
    },
  };
}

async function verified(
  token: string,
  { settings, keys, renew }: Issuer,
  epoch: number,
): Promise<JWTPayload | undefined> {
  const { issuer, audience, algorithms, clockToleranceSeconds } = settings;
  renew(epoch);
  try {
    const { payload } = await jwtVerify(token, keys, {
      issuer,
      audience,
      algorithms,
      clockTolerance: clockToleranceSeconds,
      requiredClaims: ["exp"],
      currentDate: new Date(epoch),
    });
    return payload;
  } catch {
    return undefined;
  }
}

function issuerOf(token: string): string | undefined {
  try {
    return decodeJwt(token).iss;
  } catch {
    return undefined;
  }
}

function keysOf({ jwksUrl, jwksFile }: JwtSettings): Pick<Issuer, "keys" | "renew"> {
  if (jwksUrl !== undefined) return fetchedKeys(jwksUrl);
  try {
    return { keys: createLocalJWKSet(JSON.parse(readFileSync(jwksFile ?? "", "utf8"))), renew: () => undefined };
  } catch (cause) {
    throw new SwitchgearError("SWG_TENANTS_INVALID", "a JWKS file cannot be used", {
      where: jwksFile ?? "spec.jwt",
      expected: "a JSON file with `keys`",
      cause,
    });
  }
}

function fetchedKeys(url: string): Pick<Issuer, "keys" | "renew"> {
  const keys = createRemoteJWKSet(new URL(url), { timeoutDuration: FETCH_LIMIT_MS, cacheMaxAge: KEEP_MS });
  let renewedAt: number | undefined;
  return {
    keys,
    renew(epoch) {
      const before = renewedAt;
      if (before !== undefined && Math.abs(epoch - before) < RENEW_MS) return;
      renewedAt = epoch;
      // The first token waits for them anyway.
      if (before !== undefined) void keys.reload().catch(() => undefined);
    },
  };
}
