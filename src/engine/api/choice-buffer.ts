// What the choices of a request have produced since it was last taken: one delta a token, or merged while nobody can take it.
import type { FinishReason } from "../sequence.ts";
import type { SequenceDelta } from "./sequence-run.ts";

/** One or more tokens of one choice. */
export interface ChoiceDelta {
  readonly choice: number;
  readonly text: string;
  readonly tokens: readonly number[];
  /** Hash before each token. */
  readonly states: readonly number[];
  readonly finish: FinishReason | undefined;
  readonly stopReason: string | number | null;
  readonly cachedTokens: number;
}

export interface ChoiceBuffer {
  add(choice: number, delta: SequenceDelta): void;
  /** All that waits, by choice; empties the buffer. */
  take(): readonly ChoiceDelta[];
}

/** Grows in place: a client may not read for a whole answer. */
interface Waiting extends ChoiceDelta {
  text: string;
  readonly tokens: number[];
  readonly states: number[];
  finish: FinishReason | undefined;
  stopReason: string | number | null;
}

export function choiceBuffer(): ChoiceBuffer {
  const waiting = new Map<number, Waiting>();
  return {
    add(choice, { token, state, text, finish, stopReason, cachedTokens }) {
      const before = waiting.get(choice);
      if (before === undefined) {
        waiting.set(choice, { choice, text, tokens: [token], states: [state], finish, stopReason, cachedTokens });
        return;
      }
      before.text += text;
      before.tokens.push(token);
      before.states.push(state);
      before.finish = finish;
      before.stopReason = stopReason;
    },
    take() {
      const all = [...waiting.values()];
      waiting.clear();
      return all;
    },
  };
}
