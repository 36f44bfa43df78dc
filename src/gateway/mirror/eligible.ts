// Which requests may be copied at all, and which group of like requests they belong to.
import type { IncomingHttpHeaders } from "node:http";
import type { JsonObject } from "../../vllm/index.ts";
import type { MirrorOffer } from "./mirror.ts";

/** A tenant that wants no copies of its requests says so with this header. */
export const OPT_OUT_HEADER = "x-switchgear-no-shadow";

const GENERATES = new Set(["chat", "completion", "responses", "messages"]);

/** Why a request is none to compare; undefined when it may be copied. Not counted as dropped: no verdict speaks of it. */
export function excluded({ route, accepted, headers }: MirrorOffer): string | undefined {
  if (accepted.request === undefined || !GENERATES.has(route.body)) return "not-generation";
  if (optsOut(headers)) return "opt-out";
  return isStateful(accepted.request.fields) ? "stateful" : undefined;
}

function optsOut(headers: IncomingHttpHeaders): boolean {
  const value = headers[OPT_OUT_HEADER];
  return value !== undefined && value !== "false" && value !== "0";
}

/** Doing it twice would leave a trace, or needs a trace that only one arm has. */
function isStateful(fields: JsonObject): boolean {
  const stored = fields["store"] === true || fields["background"] === true;
  return stored || given(fields["previous_response_id"]) || given(fields["conversation"]);
}

const LONG_TOKENS = 2048;

/** Length, form and tools: what the two sides' times depend on. */
export function stratumOf({ accepted, identity }: MirrorOffer): string {
  const length = identity.promptTokens >= LONG_TOKENS ? "long" : "short";
  const tools = given(accepted.request?.fields["tools"]) ? " tools" : "";
  return `${length} ${accepted.stream ? "stream" : "unary"}${tools}`;
}

function given(value: unknown): boolean {
  return value !== undefined && value !== null;
}
