// Evidence from the legs: count it, and roll back in the same call when a detector fires.
import { addCounts, type Evidence, type Interval } from "../rollback/evidence.ts";
import { watch } from "../rollback/watch.ts";
import { type Outcome, unchanged } from "./outcome.ts";
import { isLive, type PlanState, type StepProgress } from "./state.ts";
import { rollBack } from "./transitions.ts";

export function onEvidence(state: PlanState, evidence: Evidence, now: number): Outcome {
  if (!isLive(state)) return unchanged(state);
  const result = watch(state.plan.rollback, state.watch, evidence);
  const next = { ...state, watch: result.state, ...counted(state, evidence.interval, now) };
  if (result.reasons.length === 0) return unchanged(next);
  return rollBack(next, { reasons: result.reasons, by: "automatic", now });
}

function counted(state: PlanState, interval: Interval | undefined, now: number): Partial<PlanState> {
  if (interval === undefined) return {};
  const { progress } = state;
  const next: StepProgress = {
    ...progress,
    legacy: addCounts(progress.legacy, interval.legacy),
    candidate: addCounts(progress.candidate, interval.candidate),
  };
  return { progress: next, ...(interval.candidate.requests > 0 ? { lastCandidateAt: now } : {}) };
}
