// Invented but deterministic log probabilities, in the shapes of chat and completions.
import type { EngineContext } from "./engine-context.ts";
import { unit } from "./next-token.ts";

interface Scored {
  readonly id: number;
  readonly logprob: number;
}

/** The chosen token first, then `top - 1` others, falling. */
export function scoredTokens(
  context: EngineContext,
  token: number,
  spot: { state: number; top: number },
): readonly Scored[] {
  const { vocabulary, figure } = context.next;
  const best = -Number((unit(figure(spot.state, 0)) * 1.5 + 0.01).toFixed(6));
  const scored = [{ id: token, logprob: best }];
  for (let i = 1; scored.length < Math.max(1, spot.top) && i < 200; i++) {
    const random = figure(spot.state, i);
    const id = vocabulary.words[(random >>> 0) % vocabulary.words.length] ?? 0;
    const last = scored.at(-1)?.logprob ?? best;
    if (!scored.some((one) => one.id === id))
      scored.push({ id, logprob: Number((last - 0.05 - unit(random) * 0.8).toFixed(6)) });
  }
  return scored;
}

export function chatLogprobs(
  context: EngineContext,
  tokens: readonly number[],
  spots: { states: readonly number[]; top: number },
): object {
  return {
    content: tokens.map((token, i) => {
      const scored = scoredTokens(context, token, { state: spots.states[i] ?? 0, top: spots.top });
      const [chosen] = scored;
      return {
        ...named(context, chosen ?? { id: token, logprob: 0 }),
        top_logprobs: scored.slice(0, spots.top).map((one) => named(context, one)),
      };
    }),
  };
}

function named(context: EngineContext, one: Scored) {
  const token = tokenText(context, one.id);
  return { token, logprob: one.logprob, bytes: [...Buffer.from(token)] };
}

export function tokenText(context: EngineContext, id: number): string {
  return context.tokenizer.decode([id], { keepSpecial: true });
}

export interface CompletionLogprobs {
  readonly text_offset: number[];
  readonly token_logprobs: (number | null)[];
  readonly tokens: string[];
  readonly top_logprobs: (Record<string, number> | null)[];
}

export function completionLogprobs(
  context: EngineContext,
  tokens: readonly number[],
  spots: { states: readonly number[]; top: number; offset: number },
): CompletionLogprobs {
  const lists: CompletionLogprobs = { text_offset: [], token_logprobs: [], tokens: [], top_logprobs: [] };
  let offset = spots.offset;
  tokens.forEach((token, i) => {
    const scored = scoredTokens(context, token, { state: spots.states[i] ?? 0, top: spots.top });
    const text = tokenText(context, token);
    lists.text_offset.push(offset);
    lists.token_logprobs.push(scored[0]?.logprob ?? 0);
    lists.tokens.push(text);
    lists.top_logprobs.push(Object.fromEntries(scored.map((one) => [tokenText(context, one.id), one.logprob])));
    offset += text.length;
  });
  return lists;
}
