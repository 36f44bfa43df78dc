// Commands of people: accepted or refused with a reason; every accepted one raises the version.
import { clampWeight } from "../split/split.ts";
import { blockers } from "./blockers.ts";
import type { PlanEffect } from "./effect.ts";
import type { Command, PlanEvent } from "./event.ts";
import { changed, type Outcome, refused } from "./outcome.ts";
import { FRESH_PROGRESS, isLive, type PlanState } from "./state.ts";
import { abort, advance, complete, rearm, rollBack, withWeight } from "./transitions.ts";

type CommandEvent = PlanEvent & { readonly type: "command" };

export function onCommand(state: PlanState, event: CommandEvent, now: number): Outcome {
  const { expectedVersion, command, actor } = event;
  if (expectedVersion !== undefined && expectedVersion !== state.version) {
    const text = `the plan is at version ${state.version}, not ${expectedVersion}: look at its status and try again`;
    return refused(state, "conflict", text);
  }
  const done = run(state, command, { actor, now });
  if (done.refusal !== undefined) return done;
  const who: PlanEffect = { type: "log", level: "info", text: `${actor}: ${command.name}` };
  return {
    ...done,
    effects: [...done.effects.filter(isTraffic), who, ...done.effects.filter((one) => !isTraffic(one))],
  };
}

/** A weight is applied before anything is told. */
function isTraffic(effect: PlanEffect): boolean {
  return effect.type === "setWeight";
}

interface Who {
  readonly actor: string;
  readonly now: number;
}

function run(state: PlanState, command: Command, who: Who): Outcome {
  switch (command.name) {
    case "start":
      return start(state, command);
    case "promote":
      return promote(state, command.force ?? false, who);
    case "pause":
      return pause(state, command.reason ?? "no reason given", who);
    case "resume":
      return resume(state, who);
    case "set":
      return setWeight(state, command, who);
    case "abort":
      if (isOver(state)) return notNow(state, "abort");
      return abort(state, { reasons: [`${who.actor}: ${command.reason}`], by: who.actor, now: who.now });
    case "rollback":
      return manualRollback(state, command, who);
    case "rearm":
      if (state.phase !== "rolled-back" && state.phase !== "aborted") return notNow(state, "rearm");
      return rearm(state);
  }
}

function start(state: PlanState, { override = [] }: Command & { name: "start" }): Outcome {
  if (state.phase !== "draft") return notNow(state, "start");
  return changed({ ...state, phase: "preflight", preflight: { failures: [], overridden: override } }, [
    { type: "runPreflight" },
  ]);
}

/** Shortens waiting. What says no (a failed gate, missing data, a verdict) is passed only by force; capacity never. */
function promote(state: PlanState, force: boolean, { now }: Who): Outcome {
  if (state.phase !== "shadowing" && state.phase !== "ready" && !isLive(state)) return notNow(state, "promote");
  const wrong = blockers(state, now).filter((one) => one.hold || one.kind === "verdict" || one.kind === "paused");
  const fixed = wrong.find((one) => one.kind === "capacity" || one.kind === "paused");
  if (fixed !== undefined) return refused(state, "not-safe", fixed.text);
  const first = wrong[0];
  if (first !== undefined && !force) return refused(state, "not-safe", `${first.text} (promote with force to go on)`);
  return state.phase === "holding" ? complete(state) : advance(state, now);
}

function pause(state: PlanState, reason: string, { actor, now }: Who): Outcome {
  if (isOver(state) || state.phase === "draft") return notNow(state, "pause");
  if (state.paused !== undefined) return refused(state, "not-now", `already paused by ${state.paused.by}`);
  const text = `paused by ${actor}: ${reason}; the watch goes on`;
  return changed({ ...state, paused: { since: now, by: actor, reason } }, [{ type: "notify", kind: "paused", text }]);
}

function resume(state: PlanState, { now }: Who): Outcome {
  if (state.paused === undefined) return refused(state, "not-now", "the plan is not paused");
  const { paused: _, ...rest } = state;
  return changed({ ...rest, lastTickAt: now });
}

function setWeight(state: PlanState, { weight, force = false }: Command & { name: "set" }, { now }: Who): Outcome {
  if (!isLive(state)) return notNow(state, "set");
  if (Number.isNaN(weight)) return refused(state, "invalid", "the weight is no number; expected 0 to 1");
  const to = clampWeight(weight);
  const next = state.plan.steps.find(({ weight }) => weight > state.weight.set)?.weight ?? 1;
  const limit = Math.max(next, state.weight.set);
  if (to > limit && !force)
    return refused(state, "not-safe", `${to} is above the next step's ${limit} (set with force)`);
  if (to > state.weight.set && !state.legacyCanTakeAll) {
    return refused(state, "not-safe", "the legacy arm could not take all traffic back");
  }
  const moved = withWeight(state, to);
  const phase = to < 1 ? "canary" : state.phase;
  const step = Math.max(
    0,
    state.plan.steps.findLastIndex(({ weight }) => weight <= to),
  );
  return changed(
    { ...moved.state, phase, step, progress: FRESH_PROGRESS, shareMismatch: false, lastCandidateAt: now },
    [moved.effect],
  );
}

function manualRollback(state: PlanState, command: Command & { name: "rollback" }, { actor, now }: Who): Outcome {
  if (!isLive(state)) return notNow(state, "rollback");
  if (!state.legacyCanTakeAll && command.force !== true) {
    return refused(state, "not-safe", "the legacy arm may not carry all traffic (rollback with force)");
  }
  return rollBack(state, {
    reasons: [`by ${actor}${command.reason === undefined ? "" : `: ${command.reason}`}`],
    by: actor,
    now,
  });
}

function isOver({ phase }: PlanState): boolean {
  return phase === "completed" || phase === "rolled-back" || phase === "aborted";
}

function notNow(state: PlanState, command: string): Outcome {
  return refused(state, "not-now", `${command} is not possible while the plan is ${state.phase}`);
}
