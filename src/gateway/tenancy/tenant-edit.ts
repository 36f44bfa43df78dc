// What a tenant's request is changed by on its way to a worker: its cache salt, and the longest output it may have. Pure.
import { type BodyEdit, type InferenceRequest, lenientInteger } from "../../vllm/index.ts";
import { isIncomplete } from "../incomplete.ts";
import type { Accepted, IntakeParts } from "../intake.ts";
import type { BodyKind } from "../routes.ts";

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

const BATCH = "/v1/chat/completions/batch";

/** Fields that limit the output of a kind of body, the one that counts first; a field of another kind is ignored there. */
const OUTPUT_LIMITS: Partial<Record<BodyKind, readonly [string, ...string[]]>> = {
  chat: ["max_completion_tokens", "max_tokens"],
  completion: ["max_tokens"],
  responses: ["max_output_tokens"],
  messages: ["max_tokens"],
};

export function tenantEdit({ client, route }: IntakeParts, { request, model, own }: Given): TenantEdit {
  const nothing: TenantEdit = { set: {}, salt: undefined, ownSalt: undefined, request };
  if (client === undefined || isIncomplete(route.body, request)) return nothing;
  const isBatch = route.path === BATCH;
  const salt = route.routing === "policy" || isBatch ? client.salt(model, own) : undefined;
  const fields = OUTPUT_LIMITS[isBatch ? "chat" : route.body];
  const stated = fields && statedOutput(request.fields, fields);
  const most = fields !== undefined && stated === undefined ? client.maxOutputTokens(model) : undefined;
  return {
    set: {
      ...(salt !== undefined && { cache_salt: JSON.stringify(salt) }),
      ...(most !== undefined && fields !== undefined && { [fields[0]]: String(most) }),
    },
    salt,
    ownSalt: salt === undefined ? undefined : { value: own, onLegacy: client.saltsLegacy },
    request: fields === undefined ? request : withOutputLimit(request, stated ?? most),
  };
}

function withOutputLimit(request: InferenceRequest, maxTokens: number | undefined): InferenceRequest {
  return request.maxTokens === maxTokens ? request : { ...request, maxTokens };
}

/** Undefined also for what is no whole number: a tenant's limit takes its place, else the worker refuses it. */
function statedOutput(of: InferenceRequest["fields"], names: readonly string[]): number | undefined {
  return lenientInteger(names.map((name) => of[name]).find((value) => value !== undefined && value !== null));
}

/** For the arm that serves today: a salt of ours would make its cache cold. */
export function unsaltedEdit({ ownSalt }: Pick<Accepted, "ownSalt">): BodyEdit {
  if (ownSalt === undefined || ownSalt.onLegacy) return {};
  if (ownSalt.value === undefined) return { remove: ["cache_salt"] };
  return { set: { cache_salt: JSON.stringify(ownSalt.value) } };
}
