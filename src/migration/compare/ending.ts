// How an answer ends and what kind of answer it is: what sampled requests are compared by.
import type { ArmAnswer } from "./answer.ts";

export interface Ending {
  /** Cut by a limit of tokens. */
  readonly cut: boolean;
  readonly calls: boolean;
  readonly refuses: boolean;
}

/** The usual openings of a refusal; an estimate, the same for both arms. */
const REFUSAL =
  /^\W*(?:i['’]m (?:really |very |so )?sorry,? (?:but )?i|sorry,? (?:but )?i|i (?:can['’]t|cannot|can not|won['’]t|am unable to|am not able to)|i['’]m (?:unable|not able) to|as an ai\b)/iu;

export function endingOf({ choices }: ArmAnswer): Ending {
  return {
    cut: choices.some(({ finishReason }) => finishReason === "length"),
    calls: choices.some(({ toolCalls }) => toolCalls.length > 0),
    refuses: choices.some(({ text }) => REFUSAL.test(text)),
  };
}
