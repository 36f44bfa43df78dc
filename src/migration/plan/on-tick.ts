// Time passes: soak, judge, look again, advance, tell of holds.
import { lookLevel } from "../../stats/index.ts";
import { type Blocker, blockers, general } from "./blockers.ts";
import type { PlanEffect } from "./effect.ts";
import { type Outcome, unchanged } from "./outcome.ts";
import { isLive, type PlanState } from "./state.ts";
import { advance, complete } from "./transitions.ts";

export function onTick(before: PlanState, now: number): Outcome {
  const state = sinceTurnedBack(before, now);
  if (state.phase === "ready" && blockers(state, now).length === 0) return advance(state, now);
  if (!isLive(state)) return toldHolds({ ...state, lastTickAt: now }, now);
  const soaked = afterSoak(state, now);
  const left = blockers(soaked, now);
  if (left.length === 0) return soaked.phase === "holding" ? complete(soaked) : advance(soaked, now);
  if (left.every(({ kind }) => kind === "gate" || kind === "approval") && wantsLook(soaked)) return look(soaked);
  return toldHolds(soaked, now);
}

/** A clock that was set back must not stop the soak, nor take silence for news, until it is where it was. */
function sinceTurnedBack(state: PlanState, now: number): PlanState {
  if (now >= state.lastTickAt) return state;
  return { ...state, lastTickAt: now, lastCandidateAt: Math.min(now, state.lastCandidateAt) };
}

/** Only time with evidence counts. A long gap between ticks was no soak: the process was not there to watch. */
function afterSoak(state: PlanState, now: number): PlanState {
  const passed = Math.min(now - state.lastTickAt, 2 * state.plan.checkIntervalMs);
  const counts = general(state, now).length === 0 && passed > 0;
  const soakedMs = state.progress.soakedMs + (counts ? passed : 0);
  return { ...state, lastTickAt: now, progress: { ...state.progress, soakedMs } };
}

/** One look when the conditions are met; after an undecided one, the next when half as many requests more have come. */
function wantsLook({ progress }: PlanState): boolean {
  if (progress.looks === 0) return true;
  if (progress.gate?.look !== progress.looks || progress.gate.status !== "undecided") return false;
  return progress.candidate.requests >= 1.5 * progress.requestsAtLook;
}

function look(state: PlanState): Outcome {
  const { progress, plan } = state;
  const looks = progress.looks + 1;
  const next = { ...state, progress: { ...progress, looks, requestsAtLook: progress.candidate.requests } };
  return { state: next, effects: [judgeEffect(next, plan.steps.length + 1)] };
}

/** The plan's alpha is shared by its gates, and by the looks of each. */
export function judgeEffect(state: PlanState, gates = state.plan.steps.length + 1): PlanEffect {
  const { progress, step, plan } = state;
  return {
    type: "judgeStep",
    step,
    seq: state.weight.seq,
    look: progress.looks,
    alpha: lookLevel(plan.gateAlpha / gates, progress.looks),
    legacy: progress.legacy,
    candidate: progress.candidate,
  };
}

function toldHolds(state: PlanState, now: number): Outcome {
  const holds = blockers(state, now).filter((one) => one.hold);
  const kinds = holds.map(({ kind }) => kind);
  const fresh = holds.filter(({ kind }) => !state.told.includes(kind));
  if (fresh.length === 0 && kinds.length === state.told.length) return unchanged(state);
  return { state: { ...state, told: kinds }, effects: fresh.flatMap(told) };
}

function told({ text }: Blocker): PlanEffect[] {
  return [
    { type: "log", level: "warn", text: `held: ${text}` },
    { type: "notify", kind: "held", text: `held: ${text}` },
  ];
}
