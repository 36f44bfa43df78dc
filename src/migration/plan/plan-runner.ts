// Runs a plan: write ahead, then apply. One event at a time, also when an effect brings the next one.
import { type Clock, toError } from "../../core/index.ts";
import type { PlanEffect } from "./effect.ts";
import type { PlanEvent } from "./event.ts";
import { LOG_FORMAT } from "./log-codec.ts";
import type { PlanLog } from "./log-file.ts";
import type { Outcome, Refusal } from "./outcome.ts";
import type { MigrationPlan } from "./plan.ts";
import { reduce } from "./reduce.ts";
import { replay } from "./replay.ts";
import { initialState, type PlanState } from "./state.ts";

export interface PlanRunner {
  state(): PlanState;
  /** The log lacks what happened on the way back; it gets it with the next event for which there is room. */
  readonly behind: boolean;
  /** Undefined when accepted. Throws when the log cannot be written, unless traffic goes back to the legacy arm. */
  dispatch(event: PlanEvent): Refusal | undefined;
}

export interface PlanRunnerOptions {
  readonly log: PlanLog;
  readonly clock: Clock;
  /** Used for an empty log; a log that has a plan goes on with its own. */
  readonly plan: MigrationPlan;
  /** Does the effect at once; what it answers comes back through `dispatch`, now or later. */
  readonly apply: (effect: PlanEffect, dispatch: (event: PlanEvent) => void) => void;
  /** The log starts over from a snapshot after so many records. */
  readonly snapshotEvery?: number;
}

export function planRunner(options: PlanRunnerOptions): PlanRunner {
  const { log, clock, snapshotEvery = 20_000 } = options;
  let state = replay(log.records) ?? freshPlan(options);
  const waiting: PlanEvent[] = [];
  let busy = false;
  let behind = false;

  function take(event: PlanEvent): Refusal | undefined {
    const at = clock.epoch();
    const outcome = reduce(state, event, at);
    if (outcome.refusal !== undefined) return outcome.refusal;
    const failure = write(event, at, outcome);
    state = outcome.state;
    const effects = failure === undefined ? outcome.effects : [...outcome.effects, failure];
    for (const effect of effects) options.apply(effect, (next) => void dispatch(next));
    return undefined;
  }

  function write(event: PlanEvent, at: number, outcome: Outcome): PlanEffect | undefined {
    try {
      if (behind || log.length >= snapshotEvery) log.restart({ kind: "snapshot", format: LOG_FORMAT, at, state });
      behind = false;
      log.append({ kind: "event", at, event }, outcome.state.version !== state.version);
      return undefined;
    } catch (thrown) {
      if (!goesBack(outcome) && event.type !== "weightApplied") throw thrown;
      behind = true;
      const text = `the migration log cannot be written (${toError(thrown).message}); traffic to the legacy arm goes on`;
      return { type: "log", level: "error", text };
    }
  }

  function dispatch(event: PlanEvent): Refusal | undefined {
    if (busy) {
      waiting.push(event);
      return undefined;
    }
    busy = true;
    try {
      const refusal = take(event);
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) take(next);
      return refusal;
    } finally {
      busy = false;
    }
  }

  if (log.records.length > 0) dispatch({ type: "restarted" });
  return {
    state: () => state,
    get behind() {
      return behind;
    },
    dispatch,
  };
}

function goesBack({ effects }: Outcome): boolean {
  return effects.some((effect) => effect.type === "setWeight" && effect.weight === 0);
}

function freshPlan({ log, plan, clock }: PlanRunnerOptions): PlanState {
  const at = clock.epoch();
  log.append({ kind: "plan", format: LOG_FORMAT, at, plan }, true);
  return initialState(plan, at);
}
