// From a request's bytes to what is forwarded: model, controls, the edited body. Pure.
import type { IncomingHttpHeaders } from "node:http";
import type { Promised } from "../routing/index.ts";
import { type BodyEdit, editBody, type InferenceRequest, sessionKey } from "../vllm/index.ts";
import type { LongBody } from "./bodies/long-bodies.ts";
import { readRequest } from "./bodies/read-request.ts";
import { type ContinuationPlan, type Planned, planContinuation } from "./continuation/plan.ts";
import { applyControls } from "./controls.ts";
import { type ChosenModel, chosenModel, type Naming, sentName } from "./models/chosen-model.ts";
import { multipartField, withMultipartField } from "./multipart.ts";
import { isIncomplete } from "./incomplete.ts";
import type { GatewayModel } from "./options.ts";
import { promisedTo } from "./promised/promised-to.ts";
import { type Refusal, refusal } from "./refusal.ts";
import { type OwnSalt, tenantEdit } from "./tenancy/tenant-edit.ts";
import type { Client } from "./tenancy/tenancy.ts";
import type { ForwardRoute } from "./routes.ts";

export interface IntakeParts extends Naming {
  readonly route: ForwardRoute;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Of a body that was parsed already. */
  readonly read?: LongBody | Refusal | undefined;
  readonly client?: Client | undefined;
  /** Ours; stands for the session of a request that has none. */
  readonly requestId: string;
}

/** A request that may be forwarded. */
export interface Accepted {
  readonly kind: "accepted";
  readonly model: GatewayModel;
  /** The adapter of the model that is asked for. */
  readonly adapter?: string | undefined;
  /** Stands in the answer in place of the name that the worker tells. */
  readonly alias?: string | undefined;
  /** By one of them a tenant must be allowed to use it; undefined = by what it asked for, or the model's name. */
  readonly names?: readonly string[] | undefined;
  /** Undefined for a body that is not JSON. */
  readonly request: InferenceRequest | undefined;
  /** What the worker gets. */
  readonly body: Buffer;
  readonly stream: boolean;
  /** We asked for the usage event; the client did not. */
  readonly usageInjected: boolean;
  /** How its stream goes on when its worker is lost; the request asks for token ids then. */
  readonly continuation?: ContinuationPlan | undefined;
  /** Why it will not. */
  readonly continuationDenied?: string | undefined;
  /** Of the body: the client's own, or its tenant's; undefined when there is none. */
  readonly cacheSalt: string | undefined;
  readonly promised?: Promised | undefined;
  /** What stands in its place on an arm without tenants' salts; undefined = nothing was replaced. */
  readonly ownSalt?: OwnSalt | undefined;
  readonly controlHeaders: Readonly<Record<string, string>>;
  /** Not read by every policy, and not free. */
  readonly session: () => string | undefined;
  /** The client's own name for the request, for logs and receipts. */
  readonly clientRequestId: string | undefined;
}

export interface Refused {
  readonly kind: "refused";
  readonly refusal: Refusal;
  /** Label of metrics: set only for a model that exists. */
  readonly model: string | undefined;
}

export function intake(parts: IntakeParts): Accepted | Refused {
  const wrongType = contentTypeFault(parts);
  if (wrongType) return refused(wrongType);
  if (parts.route.body === "multipart") return intakeMultipart(parts);
  const request = requestOf(parts);
  if ("status" in request) return refused(request);
  const session = () => sessionKey(request, parts.headers);
  const chosen = chosenFor(parts, request.model, session);
  if ("status" in chosen) return refused(chosen);
  return accept({ parts, chosen, request, session });
}

function chosenFor(
  parts: IntakeParts,
  name: string | undefined,
  session: () => string | undefined,
): ChosenModel | Refusal {
  const { client, requestId } = parts;
  return chosenModel(parts, { name, client, session: () => ({ sessionKey: session(), requestId }) });
}

interface Acceptable {
  readonly parts: IntakeParts;
  readonly chosen: ChosenModel;
  readonly request: InferenceRequest;
  readonly session: () => string | undefined;
}

function accept({ parts, chosen, request, session }: Acceptable): Accepted | Refused {
  const { model } = chosen;
  const sent = sentName(chosen);
  const controls = applyControls({ fields: request.fields, headers: parts.headers }, model.controls);
  if ("status" in controls) return refused(controls, model);
  const usageInjected = wantsUsage(parts.route, request);
  const continuation = plannedFor(parts.route, request, model);
  const own = controls.remove.includes("cache_salt") ? undefined : request.cacheSalt;
  const tenant = tenantEdit(parts, { request, model: model.name, own });
  const set = {
    ...tenant.set,
    ...(request.model !== undefined && request.model !== sent && { model: JSON.stringify(sent) }),
    ...("plan" in continuation && !continuation.plan.ownIds && { return_token_ids: "true" }),
  };
  const edit: BodyEdit = {
    ...(controls.remove.length > 0 && { remove: controls.remove.filter((key) => !(key in set)) }),
    ...(Object.keys(set).length > 0 && { set }),
    ...(usageInjected && { merge: { stream_options: usageOptions(request) } }),
  };
  return {
    kind: "accepted",
    ...chosen,
    request: tenant.request,
    body: Object.keys(edit).length === 0 ? parts.body : edited(parts, edit),
    stream: request.stream,
    usageInjected,
    ...("plan" in continuation ? { continuation: continuation.plan } : { continuationDenied: continuation.denied }),
    cacheSalt: tenant.salt ?? own,
    ownSalt: tenant.ownSalt,
    promised: promisedTo({ client: parts.client, model, headers: parts.headers }),
    controlHeaders: controls.headers,
    session,
    clientRequestId: label(parts.headers["x-request-id"] ?? request.requestId),
  };
}

function plannedFor(route: ForwardRoute, request: InferenceRequest, model: GatewayModel): Planned {
  if (isIncomplete(route.body, request)) return { denied: "incomplete" };
  return request.stream ? planContinuation(route.body, request, model.continuation) : { denied: "no_stream" };
}

function intakeMultipart(parts: IntakeParts): Accepted | Refused {
  const asked = multipartField(parts.body, "model");
  const chosen = chosenFor(parts, asked, () => undefined);
  if ("status" in chosen) return refused(chosen);
  const { model } = chosen;
  const sent = sentName(chosen);
  const controls = applyControls({ fields: undefined, headers: parts.headers }, model.controls);
  if ("status" in controls) return refused(controls, model);
  return {
    kind: "accepted",
    ...chosen,
    request: undefined,
    body: asked === undefined || asked === sent ? parts.body : withMultipartField(parts.body, "model", sent),
    stream: false,
    usageInjected: false,
    cacheSalt: undefined,
    promised: promisedTo({ client: parts.client, model, headers: parts.headers }),
    controlHeaders: controls.headers,
    session: () => undefined,
    clientRequestId: label(parts.headers["x-request-id"]),
  };
}

/** Streams of these two routes end with a usage event only when asked; the others always report it. */
function wantsUsage(route: ForwardRoute, request: InferenceRequest): boolean {
  if (!mayMerge(request.fields["stream_options"]) || isIncomplete(route.body, request)) return false;
  return request.stream && !request.includeUsage && (route.body === "chat" || route.body === "completion");
}

/** What vLLM refuses, or reads in its own way ("yes"), stays as it is. */
function mayMerge(given: unknown): boolean {
  if (given === undefined || given === null) return true;
  if (typeof given !== "object" || Array.isArray(given)) return false;
  const asked = (given as { readonly include_usage?: unknown }).include_usage;
  return asked === undefined || asked === null || typeof asked === "boolean";
}

/** Running counts go with the usage event: vLLM ignores a wish for them alone, and would heed it together with our own. */
function usageOptions({ fields }: InferenceRequest): Record<string, string> {
  const given = fields["stream_options"] as { readonly continuous_usage_stats?: unknown } | null | undefined;
  const running = given?.continuous_usage_stats !== undefined;
  return { include_usage: "true", ...(running && { continuous_usage_stats: "false" }) };
}

function contentTypeFault({ headers, route }: IntakeParts): Refusal | undefined {
  if (headers["content-encoding"] !== undefined && headers["content-encoding"] !== "identity") {
    return refusal(415, "Content-Encoding of a request is not supported; send the body as it is.");
  }
  const wanted = route.body === "multipart" ? "multipart/form-data" : "application/json";
  const given = (headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  if (given === wanted) return undefined;
  return refusal(400, `Content-Type is ${given === "" ? "missing" : JSON.stringify(given)}, expected ${wanted}.`, {
    param: "content-type",
  });
}

function requestOf({ read, body }: IntakeParts): InferenceRequest | Refusal {
  if (read === undefined) return readRequest(body);
  return "status" in read ? read : read.request;
}

function edited({ read, body }: IntakeParts, edit: BodyEdit): Buffer {
  return read === undefined || "status" in read ? editBody(body, edit) : read.edit(edit);
}

/** Bounded and printable: it goes to logs and receipts. */
function label(value: string | readonly string[] | undefined): string | undefined {
  const text = typeof value === "string" ? value : value?.[0];
  if (text === undefined || text === "") return undefined;
  return text.slice(0, 128).replaceAll(/[^\x20-\x7e]/g, "?");
}

function refused(refusal: Refusal, model?: GatewayModel): Refused {
  return { kind: "refused", refusal, model: model?.name };
}
