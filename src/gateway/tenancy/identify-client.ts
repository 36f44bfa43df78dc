// Before anything is read of a request: who asks, and whether they may ask at all.
import type { IncomingMessage } from "node:http";
import type { Context } from "../context.ts";
import type { Client, Who } from "./tenancy.ts";

export interface Seen {
  readonly admitted: boolean;
  /** Undefined while nobody is a tenant, and on paths that ask nobody. */
  readonly client: Client | undefined;
}

const OPEN = new Set(["/health", "/ready"]);

/** Synchronous, but for a token whose key must be fetched first. `path` without query and root path. */
export function identifyClient(context: Context, request: IncomingMessage, path: string): Seen | Promise<Seen> {
  const { guard } = context.front;
  const { tenants } = context.options;
  const method = request.method ?? "";
  const { authorization } = request.headers;
  const byGuard = guard.admits(method, path, authorization);
  if (tenants === undefined || method === "OPTIONS" || OPEN.has(path)) return { admitted: byGuard, client: undefined };
  const who = tenants.identify(request);
  const seen = (known: Who): Seen => seenOf(known, { byGuard, holds: guard.holds(authorization) });
  // A verifier that fails proves nothing.
  return who instanceof Promise ? who.then(seen, () => ({ admitted: false, client: undefined })) : seen(who);
}

interface ByGuard {
  /** Also on paths where the deployment asks for no key. */
  readonly byGuard: boolean;
  readonly holds: boolean;
}

/** A key of the deployment itself goes on to be one; its holder is served as who shows no proof. */
function seenOf(who: Who, { byGuard, holds }: ByGuard): Seen {
  if (who.kind === "client") return { admitted: true, client: who.client };
  return { admitted: holds || (who.kind === "nobody" && who.served && byGuard), client: who.client };
}
