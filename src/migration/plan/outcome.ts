// The answer of the state machine to one event.
import type { PlanEffect } from "./effect.ts";
import type { PlanState } from "./state.ts";

export interface Refusal {
  readonly code: "conflict" | "not-now" | "invalid" | "not-safe";
  readonly text: string;
}

export interface Outcome {
  readonly state: PlanState;
  readonly effects: readonly PlanEffect[];
  /** A command that was not accepted; the state is as before. */
  readonly refusal?: Refusal;
}

export function unchanged(state: PlanState): Outcome {
  return { state, effects: [] };
}

export function refused(state: PlanState, code: Refusal["code"], text: string): Outcome {
  return { state, effects: [], refusal: { code, text } };
}

/** The new state counts as a change that commands must have seen. */
export function changed(state: PlanState, effects: readonly PlanEffect[] = []): Outcome {
  return { state: { ...state, version: state.version + 1 }, effects };
}
