// The leader's part of a plan: its runner, what of all gateways' counts it took, and its word in etcd before each act.
import type { Clock } from "../../../core/index.ts";
import {
  type MigrationPlan,
  type PlanEffect,
  type PlanEvent,
  type PlanLog,
  planRunner,
  type PlanRunner,
  type PlanState,
} from "../../../migration/index.ts";
import type { Answer, WeightEffect } from "../plan-seat.ts";
import { type LegBook, type Taken, takeReports } from "./leg-book.ts";
import type { PlanTeam } from "./plan-team.ts";

export interface DriveOptions {
  readonly team: PlanTeam;
  readonly clock: Clock;
  readonly plan: MigrationPlan;
  /** Of the split, if the gateways have none yet. */
  readonly salt: Uint8Array;
  readonly apply: (effect: PlanEffect, answer: Answer) => void;
  readonly onFact: (event: PlanEvent) => void;
  /** Of this gateway's own legs. */
  readonly book: LegBook;
  readonly turnTo: (weight: number) => void;
}

export interface Drive {
  /** Undefined while another gateway drives. */
  readonly runner: PlanRunner | undefined;
  /** Nothing was done or heard yet: other gateways may know more, and give a wiped etcd its record back. */
  readonly isPristine: boolean;
  begin(log: PlanLog, taken: Taken): void;
  end(): void;
  /** Counts of all gateways that no leader took yet become facts of the plan. */
  take(withIntervals: boolean): void;
  /** Acted upon once etcd has it. */
  setWeight(effect: WeightEffect, answer: Answer): void;
  /** What is due. Throws when etcd does not answer. */
  write(): Promise<void>;
}

/** Counts are written down so often; a change of the plan at once. */
const COUNTS_MS = 1000;

export function planDrive(options: DriveOptions): Drive {
  const { team, clock, book } = options;
  let runner: PlanRunner | undefined;
  let taken: Taken = {};
  /** Written ahead, not yet in etcd. */
  let pending: { readonly effect: WeightEffect; readonly answer: Answer } | undefined;
  let written: { readonly state: PlanState; readonly at: number } | undefined;

  const isPristine = (): boolean => written === undefined && runner?.state().version === 1;

  function isDue(now: PlanState): boolean {
    if (isPristine()) return false;
    if (written === undefined || pending !== undefined) return true;
    if (written.state.version !== now.version || written.state.weight !== now.weight) return true;
    return written.state !== now && clock.now() - written.at >= COUNTS_MS;
  }

  return {
    get runner() {
      return runner;
    },
    get isPristine() {
      return isPristine();
    },
    begin(log, before) {
      taken = before;
      written = undefined;
      runner = planRunner({ log, clock, plan: options.plan, apply: options.apply });
    },
    end() {
      runner = undefined;
      pending = undefined;
    },
    take(withIntervals) {
      if (runner === undefined) return;
      const reports = new Map([...team.reports(), [team.id, book.report()] as const]);
      const { seq } = runner.state().weight;
      const found = takeReports({ reports, taken, seq, withIntervals });
      ({ taken } = found);
      if (Object.keys(found.evidence).length > 0) options.onFact({ type: "evidence", evidence: found.evidence });
    },
    setWeight(effect, answer) {
      pending = { effect, answer };
    },
    async write() {
      const now = runner?.state();
      if (now === undefined || !isDue(now)) return;
      // Before the first weight: sessions are split alike everywhere. Not sooner: others may give an older secret back.
      if (now.weight.set > 0 && !team.hasSalt) return team.agreeOnSalt(options.salt);
      const meant = pending;
      const isDone = await team.write({ state: now, taken });
      if (!isDone || runner === undefined) return;
      written = { state: now, at: clock.now() };
      if (meant === undefined || pending !== meant) return;
      pending = undefined;
      options.turnTo(meant.effect.weight);
      meant.answer({ type: "weightApplied", seq: meant.effect.seq });
    },
  };
}
