// A completion's stream event as the chat event that vLLM writes for the same tokens.
import type { JsonObject } from "./inference-request.ts";

/** What of a stream's first event stands in all of them. */
export interface ChunkHead {
  readonly id: unknown;
  readonly created: unknown;
  readonly model: unknown;
}

/** One choice of a completion event, its text already what the client lacks. */
export interface CompletionChoice {
  readonly text: string;
  readonly logprobs: unknown;
  readonly finish: unknown;
  readonly stopReason: unknown;
  /** Undefined = the client did not ask for ids. */
  readonly ids: readonly number[] | undefined;
}

/** Undefined for an event that vLLM's chat route does not send: neither text nor an end, and nobody asked for ids or probabilities. */
export function chatChoice(choice: CompletionChoice): JsonObject | undefined {
  const { text, logprobs, finish, stopReason, ids } = choice;
  const ended = finish !== null && finish !== undefined;
  const shown = chatLogprobs(logprobs);
  if (text === "" && !ended && ids === undefined && shown === null) return undefined;
  return {
    index: 0,
    delta: text === "" ? {} : { content: text },
    logprobs: shown,
    finish_reason: finish ?? null,
    ...(ended && { stop_reason: stopReason ?? null }),
    token_ids: ids ?? null,
  };
}

/** Completions list tokens and figures side by side, chat one object a token. */
function chatLogprobs(logprobs: unknown): JsonObject | null {
  if (typeof logprobs !== "object" || logprobs === null) return null;
  const { tokens, token_logprobs: figures, top_logprobs: tops } = logprobs as Readonly<Record<string, unknown[]>>;
  const content = (tokens ?? []).map((token, i) => {
    const top = Object.entries((tops?.[i] ?? {}) as Readonly<Record<string, number>>);
    return { ...entry(String(token), figures?.[i]), top_logprobs: top.map(([text, figure]) => entry(text, figure)) };
  });
  return { content };
}

function entry(token: string, logprob: unknown): JsonObject {
  return { token, logprob, bytes: [...Buffer.from(token)] };
}
