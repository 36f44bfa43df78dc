// The key that keeps the requests of one conversation together.
import { hash } from "node:crypto";
import type { InferenceRequest, JsonObject } from "./inference-request.ts";

export type RequestHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * Session header, body `session_id`, `user`, `prompt_cache_key`, else a hash of the conversation through its first user
 * message: later turns repeat it, and a system prompt that all share does not put everyone together.
 * The prefix tells the sources apart, so that a user `a` and a session `a` are two. Header names in lower case.
 */
export function sessionKey(request: InferenceRequest, headers: RequestHeaders): string | undefined {
  const header = headerText(headers["x-session-id"]);
  if (header !== undefined) return `session:${header}`;
  if (request.sessionId !== undefined) return `session:${request.sessionId}`;
  if (request.user !== undefined) return `user:${request.user}`;
  if (request.promptCacheKey !== undefined) return `cache:${request.promptCacheKey}`;
  return request.abridged === undefined ? openingKey(request.fields) : request.abridged.openingKey;
}

/** A hash of the conversation through its first user message; undefined when there is none. */
export function openingKey(fields: JsonObject): string | undefined {
  const opening = openingOf(fields);
  if (opening === undefined) return undefined;
  return `opening:${hash("sha256", JSON.stringify(opening), "base64url").slice(0, 22)}`;
}

function headerText(value: string | readonly string[] | undefined): string | undefined {
  const first = typeof value === "string" ? value : value?.[0];
  return first === undefined || first === "" ? undefined : first;
}

function openingOf(fields: JsonObject): unknown {
  const model = fields["model"] ?? null;
  if (Array.isArray(fields["messages"])) return through(fields["messages"], [model, fields["system"] ?? null]);
  if (typeof fields["input"] === "string") return [model, fields["instructions"] ?? null, fields["input"]];
  if (Array.isArray(fields["input"])) return through(fields["input"], [model, fields["instructions"] ?? null]);
  return undefined;
}

function through(messages: readonly unknown[], start: readonly unknown[]): unknown {
  const opening = [...start];
  for (const one of messages) {
    opening.push(one);
    if (typeof one === "object" && one !== null && (one as JsonObject)["role"] === "user") return opening;
  }
  return undefined;
}
