// `prompt_logprobs`: one map a prompt token from token id to its figures; the first token has none.
import type { EngineContext } from "./engine-context.ts";
import { scoredTokens, tokenText } from "./logprobs.ts";
import { EMPTY_STATE, mixToken } from "./next-token.ts";

type Scores = Record<string, { logprob: number; rank: number; decoded_token: string }>;

export function promptLogprobs(
  context: EngineContext,
  promptIds: Int32Array,
  wanted: number | undefined,
): readonly (Scores | null)[] | null {
  if (wanted === undefined) return null;
  let state = EMPTY_STATE;
  return Array.from(promptIds, (id, i) => {
    const scored = i === 0 ? [] : scoredTokens(context, id, { state, top: wanted });
    state = mixToken(state, id);
    if (i === 0) return null;
    const entries = scored.map(
      (one, rank) =>
        [String(one.id), { logprob: one.logprob, rank: rank + 1, decoded_token: tokenText(context, one.id) }] as const,
    );
    return Object.fromEntries(entries);
  });
}
