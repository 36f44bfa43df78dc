// The changes that move traffic: enter a step, hold, complete, roll back, abort.
import { rollbackTriggered } from "../rollback/seed-rule.ts";
import { rearmedWatch } from "../rollback/watch.ts";
import type { PlanEffect } from "./effect.ts";
import { changed, type Outcome, unchanged } from "./outcome.ts";
import { FRESH_PROGRESS, type Phase, type PlanState } from "./state.ts";

/** The weight's number rises with every change, so that a late confirmation of an older one means nothing. */
export function withWeight(state: PlanState, weight: number): { state: PlanState; effect: PlanEffect } {
  const seq = state.weight.seq + 1;
  return {
    state: { ...state, weight: { set: weight, seq, confirmed: false } },
    effect: { type: "setWeight", weight, seq },
  };
}

/** To the first step above the present weight, which a person may have set between steps; past the last, the final hold. */
export function advance(state: PlanState, now: number): Outcome {
  const next = state.plan.steps.findIndex(({ weight }) => weight > state.weight.set);
  return next < 0 ? enterHold(state, now) : enterStep(state, next, now);
}

function enterStep(state: PlanState, index: number, now: number): Outcome {
  const step = state.plan.steps[index];
  if (step === undefined) return unchanged(state);
  const moved = withWeight(state, step.weight);
  const next: PlanState = {
    ...moved.state,
    phase: "canary",
    step: index,
    progress: FRESH_PROGRESS,
    waitsForPromote: false,
    shareMismatch: false,
    lastTickAt: now,
    lastCandidateAt: now,
    told: [],
  };
  const text = `step ${index + 1} of ${state.plan.steps.length}: ${step.note}`;
  const stop: PlanEffect[] = state.phase === "canary" ? [] : [{ type: "stopShadow" }];
  return changed(next, [
    moved.effect,
    ...stop,
    { type: "log", level: "info", text },
    { type: "notify", kind: "step", text },
  ]);
}

function enterHold(state: PlanState, now: number): Outcome {
  const text = "all steps done; the legacy arm stays ready until the final hold ends";
  const next: PlanState = { ...state, phase: "holding", progress: FRESH_PROGRESS, lastTickAt: now, told: [] };
  return changed(next, [
    { type: "log", level: "info", text },
    { type: "notify", kind: "step", text },
  ]);
}

export function complete(state: PlanState): Outcome {
  const text = "migration completed";
  return changed({ ...state, phase: "completed", told: [] }, [
    { type: "log", level: "info", text },
    { type: "notify", kind: "completed", text },
    { type: "releaseLegacy" },
  ]);
}

export interface Ending {
  readonly reasons: readonly string[];
  readonly by: string;
  readonly now: number;
}

/** All traffic to the legacy arm before anything is said about it; latched until a re-arm. */
export function rollBack(state: PlanState, ending: Ending): Outcome {
  return end(state, "rolled-back", ending);
}

export function abort(state: PlanState, ending: Ending): Outcome {
  return end(state, "aborted", ending);
}

function end(state: PlanState, phase: Phase & ("rolled-back" | "aborted"), { reasons, by, now }: Ending): Outcome {
  const moved = withWeight(state, 0);
  const { paused: _, ...rest } = moved.state;
  const text = phase === "aborted" ? `ABORTED: ${reasons.join("; ")}` : rollbackTriggered(reasons);
  return changed({ ...rest, phase, ended: { reasons, by, at: now }, told: [] }, [
    moved.effect,
    { type: "log", level: "error", text },
    { type: "drainCandidate" },
    { type: "stopShadow" },
    { type: "saveEvidence", reasons },
    { type: "notify", kind: phase, text },
  ]);
}

/** Back to before the first step: the evidence is forgotten, the budget it used is not. */
export function rearm(state: PlanState): Outcome {
  const { ended: _, verdict: __, ...rest } = state;
  return changed({
    ...rest,
    phase: "ready",
    step: -1,
    progress: FRESH_PROGRESS,
    watch: rearmedWatch(state.plan.rollback, state.watch),
    waitsForPromote: true,
    told: [],
  });
}
