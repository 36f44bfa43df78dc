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

export function choiceBuffer(): ChoiceBuffer {
  const waiting = new Map<number, ChoiceDelta>();
  return {
    add(choice, delta) {
      const before = waiting.get(choice);
      const { finish, stopReason, cachedTokens } = delta;
      waiting.set(choice, {
        choice,
        text: (before?.text ?? "") + delta.text,
        tokens: [...(before?.tokens ?? []), delta.token],
        states: [...(before?.states ?? []), delta.state],
        finish,
        stopReason,
        cachedTokens,
      });
    },
    take() {
      const all = [...waiting.values()];
      waiting.clear();
      return all;
    },
  };
}
