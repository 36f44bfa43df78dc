// Token counts that a response reports, in any of the shapes of vLLM's routes.
import { lastUsage } from "./last-usage.ts";

/** Unknown is undefined, never 0. */
export interface TokenUsage {
  readonly promptTokens: number | undefined;
  readonly completionTokens: number | undefined;
  /** Prompt tokens that came from the prefix cache; only with --enable-prompt-tokens-details. */
  readonly cachedTokens: number | undefined;
}

/**
 * Usage of a whole body or of one stream event; undefined when there is none or the JSON is broken. Where the body ends
 * with its usage, as vLLM's do, only the end is looked at.
 */
export function readTokenUsage(json: Buffer | string): TokenUsage | undefined {
  try {
    const last = lastUsage(json);
    if (typeof last === "object" && last !== null) return countsOf(last);
    return tokenUsageOf(JSON.parse(typeof json === "string" ? json : json.toString()));
  } catch {
    return undefined;
  }
}

/** The same for a parsed value: chat and completions `usage`, responses `response.usage`, messages `message.usage`. */
export function tokenUsageOf(value: unknown): TokenUsage | undefined {
  const usage =
    member(value, "usage") ?? member(member(value, "response"), "usage") ?? member(member(value, "message"), "usage");
  return typeof usage === "object" && usage !== null ? countsOf(usage) : undefined;
}

function countsOf(usage: object): TokenUsage {
  const details = member(usage, "prompt_tokens_details") ?? member(usage, "input_tokens_details");
  return {
    promptTokens: count(usage, "prompt_tokens") ?? inputTokens(usage),
    completionTokens: count(usage, "completion_tokens") ?? count(usage, "output_tokens"),
    cachedTokens: count(details, "cached_tokens") ?? count(usage, "cache_read_input_tokens"),
  };
}

/** Anthropic's `input_tokens` leaves out what was read from the cache and what was written to it. */
function inputTokens(usage: object): number | undefined {
  const rest = count(usage, "input_tokens");
  if (rest === undefined) return undefined;
  return rest + (count(usage, "cache_read_input_tokens") ?? 0) + (count(usage, "cache_creation_input_tokens") ?? 0);
}

function member(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined;
}

function count(value: unknown, key: string): number | undefined {
  const found = member(value, key);
  return typeof found === "number" && Number.isSafeInteger(found) && found >= 0 ? found : undefined;
}
