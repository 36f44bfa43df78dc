// What the first event of a stream promises for all of them, and events of another worker under that promise.
import { type ChunkHead, type JsonObject, sseEvent } from "../../vllm/index.ts";
import { type CountedBefore, wholeUsage } from "./whole-usage.ts";

export function headOf(first: Buffer | undefined): ChunkHead | undefined {
  if (first === undefined) return undefined;
  const { id, created, model } = objectOf(first);
  return { id, created, model };
}

/** What stands in every event, and what was counted before. */
export interface Promised extends ChunkHead {
  readonly before?: CountedBefore | undefined;
  readonly fingerprint?: string | undefined;
}

/** Of a request that is done again, or that goes on as a chat: under the id that the client knows, and without a second role. */
export function underHead(event: Buffer, { before, fingerprint, ...head }: Promised): Buffer | undefined {
  const object = objectOf(event);
  const [choice] = (object["choices"] ?? []) as readonly { readonly delta?: { readonly role?: unknown } }[];
  if (choice?.delta?.role !== undefined) return undefined;
  const usage = before === undefined ? undefined : wholeUsage(object["usage"], before);
  const known = fingerprint !== undefined && object["system_fingerprint"] !== undefined;
  const end = known ? { system_fingerprint: fingerprint } : {};
  return Buffer.from(sseEvent(JSON.stringify({ ...object, ...head, ...(usage && { usage }), ...end })));
}

export interface Counted {
  readonly route: "chat" | "completion";
  /** Tokens of the prompt, and of the output. */
  readonly prompt: number;
  readonly made: number;
}

/** What the worker would have said of its tokens at the end. */
export function usageEvent(head: object, { route, prompt, made }: Counted): JsonObject {
  const { id, created, model, system_fingerprint } = head as JsonObject;
  const object = route === "chat" ? "chat.completion.chunk" : "text_completion";
  const usage = { prompt_tokens: prompt, total_tokens: prompt + made, completion_tokens: made };
  return { id, object, created, model, choices: [], usage, system_fingerprint };
}

function objectOf(event: Buffer): JsonObject {
  return JSON.parse(event.toString("utf8", event.indexOf("{"))) as JsonObject;
}
