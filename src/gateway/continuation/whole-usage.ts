// The counts of a worker that went on with a stream, as if it had made all of it.
import type { JsonObject } from "../../vllm/index.ts";

export interface CountedBefore {
  /** Output tokens of the workers before it. */
  readonly made: number;
  /** Tokens of the client's prompt; undefined: all of its prompt but those that were made. */
  readonly prompt?: number;
}

/** Undefined where there is no usage; what has no counts stays as it is. */
export function wholeUsage(usage: unknown, { made, prompt }: CountedBefore): JsonObject | undefined {
  if (typeof usage !== "object" || usage === null) return undefined;
  const { prompt_tokens: given, completion_tokens: completion, prompt_tokens_details: details } = usage as JsonObject;
  if (typeof given !== "number" || typeof completion !== "number") return usage as JsonObject;
  const own = prompt ?? given - made;
  return {
    ...usage,
    prompt_tokens: own,
    total_tokens: own + made + completion,
    completion_tokens: completion + made,
    ...(typeof details === "object" && details !== null && { prompt_tokens_details: cachedWithin(details, own) }),
  };
}

function cachedWithin(details: object, prompt: number): JsonObject {
  const { cached_tokens: cached } = details as JsonObject;
  return { ...details, ...(typeof cached === "number" && { cached_tokens: Math.min(cached, prompt) }) };
}
