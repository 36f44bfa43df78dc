// Token ids → text, one token at a time, never a broken character: what is incomplete waits for the next token.
import type { Tokenizer } from "../../tokens/index.ts";

export interface Detokenizer {
  /** The text that this token completes; often empty in the middle of a character. */
  push(id: number): string;
}

/** Tokens before the output whose text decides how the first one reads (a leading space). */
const CONTEXT = 6;

export function detokenizer(tokenizer: Tokenizer, prompt: ArrayLike<number>, keepSpecial = false): Detokenizer {
  // Prefix and read offset, as text-generation-inference does: decode from the last safe place, emit what is new.
  let ids: number[] = [];
  for (let i = Math.max(0, prompt.length - CONTEXT); i < prompt.length; i++) ids.push(prompt[i] ?? 0);
  let read = ids.length;
  let before = tokenizer.decode(ids, { keepSpecial });
  return {
    push(id) {
      ids.push(id);
      const text = tokenizer.decode(ids, { keepSpecial });
      if (text.length <= before.length || text.endsWith("\ufffd")) return "";
      const fresh = text.slice(before.length);
      ids = ids.slice(read);
      read = ids.length;
      before = tokenizer.decode(ids, { keepSpecial });
      return fresh;
    },
  };
}
