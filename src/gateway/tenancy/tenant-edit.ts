// What a tenant's request is changed by on its way to a worker: its cache salt, and the longest output it may have. Pure.
import type { BodyEdit, InferenceRequest } from "../../vllm/index.ts";
import { isIncomplete } from "../incomplete.ts";
import type { Accepted, IntakeParts } from "../intake.ts";

/** What the client sent as its salt, where the tenant's replaced it. */
export interface OwnSalt {
  readonly value: string | undefined;
  readonly onLegacy: boolean;
}

export interface TenantEdit {
  /** Body key → JSON text. */
  readonly set: Readonly<Record<string, string>>;
  readonly salt: string | undefined;
  readonly ownSalt: OwnSalt | undefined;
  readonly request: InferenceRequest;
}

interface Given {
  readonly request: InferenceRequest;
  /** By the name of its pool. */
  readonly model: string;
  /** The client's salt, unless the deployment strips it. */
  readonly own: string | undefined;
}

const MAX_TOKENS = { chat: "max_completion_tokens", completion: "max_tokens", responses: "max_output_tokens" } as const;

export function tenantEdit({ client, route }: IntakeParts, { request, model, own }: Given): TenantEdit {
  const nothing: TenantEdit = { set: {}, salt: undefined, ownSalt: undefined, request };
  if (client === undefined || isIncomplete(route.body, request)) return nothing;
  const caches = route.routing === "policy" || route.path === "/v1/chat/completions/batch";
  const salt = caches ? client.salt(model, own) : undefined;
  const field = Object.hasOwn(MAX_TOKENS, route.body) ? MAX_TOKENS[route.body as keyof typeof MAX_TOKENS] : undefined;
  const most = request.maxTokens === undefined && field !== undefined ? client.maxOutputTokens : undefined;
  return {
    set: {
      ...(salt !== undefined && { cache_salt: JSON.stringify(salt) }),
      ...(most !== undefined && field !== undefined && { [field]: String(most) }),
    },
    salt,
    ownSalt: salt === undefined ? undefined : { value: own, onLegacy: client.saltsLegacy },
    request: most === undefined ? request : { ...request, maxTokens: most },
  };
}

/** For the arm that serves today: a salt of ours would make its cache cold. */
export function unsaltedEdit({ ownSalt }: Pick<Accepted, "ownSalt">): BodyEdit {
  if (ownSalt === undefined || ownSalt.onLegacy) return {};
  if (ownSalt.value === undefined) return { remove: ["cache_salt"] };
  return { set: { cache_salt: JSON.stringify(ownSalt.value) } };
}
