// Sums up what a planned step computes, for the step-time model.
import type { StepLoad } from "../../model/index.ts";
import type { SequenceState } from "./sequence-state.ts";

/** Call after planning and before the step ends. */
export function stepLoad(planned: readonly SequenceState[]): StepLoad {
  let tokens = 0;
  let decodeSequences = 0;
  let decodeContext = 0;
  let prefillPairs = 0;
  for (const sequence of planned) {
    const { computed, scheduled } = sequence;
    tokens += scheduled;
    if (scheduled === 1 && computed >= sequence.promptTokens) {
      decodeSequences++;
      decodeContext += computed + 1;
    } else {
      prefillPairs += scheduled * (computed + scheduled / 2);
    }
  }
  return { tokens, decodeSequences, decodeContext, prefillPairs };
}
