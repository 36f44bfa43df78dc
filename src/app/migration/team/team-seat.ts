// A plan among several gateways: the leader moves it and writes it down fenced before it acts; the others follow.
import type { Clock, Timer } from "../../../core/index.ts";
import {
  type Evidence,
  initialState,
  LOG_FORMAT,
  type MigrationPlan,
  openPlanLog,
  type PlanEffect,
  type PlanEvent,
  type PlanLog,
  planRunner,
  type PlanRunner,
  type PlanState,
  reduce,
  type Refusal,
  replay,
} from "../../../migration/index.ts";
import type { Answer, PlanSeat, WeightEffect } from "../plan-seat.ts";
import { legBook, type Taken, takeReports } from "./leg-book.ts";
import type { PlanRecord } from "./plan-record.ts";
import type { PlanTeam } from "./plan-team.ts";

export interface TeamOptions {
  readonly team: PlanTeam;
  readonly log: PlanLog;
  readonly logFile: string;
  readonly clock: Clock;
  readonly plan: MigrationPlan;
  readonly salt: Uint8Array;
  readonly apply: (effect: PlanEffect, answer: Answer) => void;
  readonly onFact: (event: PlanEvent) => void;
  /** The traffic of this gateway follows. */
  readonly turn: (weight: number) => void;
  /** Another gateway moved the plan. */
  readonly followed: (before: PlanState, after: PlanState) => void;
  /** What etcd or the disk refuses; undefined = it works again. */
  readonly trouble: (error: unknown) => void;
}

export interface TeamSeat extends PlanSeat {
  setWeight(effect: WeightEffect, answer: Answer): void;
}

/** Looks at leadership and writes what is due; sooner when something happens. */
const LOOK_MS = 100;
/** Counts are written down so often; a change of the plan at once. */
const COUNTS_MS = 1000;
/** Reports that nobody took for so long: this gateway watches its own legs. */
const UNHEARD_MS = 3000;

export function teamSeat(options: TeamOptions): TeamSeat {
  const { team, clock } = options;
  const book = legBook();
  let file = options.log;
  let runner: PlanRunner | undefined;
  /** While another gateway drives. */
  let known = replay(file.records) ?? initialState(options.plan, clock.epoch());
  let taken: Taken = {};
  /** Written ahead, not yet in etcd. */
  let pending: { readonly effect: WeightEffect; readonly answer: Answer } | undefined;
  let written: { readonly state: PlanState; readonly at: number } | undefined;
  /** Why this gateway's own traffic went back while nobody could be told. */
  let alone: string | undefined;
  /** Its own watch, while nobody hears of its legs. */
  let guard: PlanState | undefined;
  let heardAt = clock.now();
  let weight = 0;
  let timer: Timer | undefined;
  let isClosed = false;

  const state = (): PlanState => runner?.state() ?? known;

  function turnTo(next: number): void {
    if (next === weight) return;
    weight = next;
    options.turn(next);
  }

  /** No weight is acted upon but what etcd has from the leader; the way back needs no leave. */
  function follow(record: PlanRecord | undefined): void {
    if (record === undefined || (runner !== undefined && !isPristine())) return;
    runner = undefined;
    const before = known;
    known = record.state;
    taken = record.taken;
    guard = undefined;
    if (known.ended !== undefined || known.weight.set === 0) alone = undefined;
    turnTo(alone === undefined ? known.weight.set : 0);
    tellOfAlone();
    if (before.version === known.version) return;
    options.followed(before, known);
    try {
      keep();
    } catch (error) {
      options.trouble(error);
    }
  }

  /** A copy for the day when etcd has none. */
  function keep(): void {
    file.restart({ kind: "snapshot", format: LOG_FORMAT, at: clock.epoch(), state: known });
  }

  async function takeOver(): Promise<void> {
    const record = await team.read();
    if (!team.leads || isClosed) return;
    follow(record);
    keep();
    file.close();
    file = openPlanLog(options.logFile);
    written = undefined;
    runner = planRunner({ log: file, clock, plan: options.plan, apply: options.apply });
    tellOfAlone();
    take(false);
  }

  function stepDown(): void {
    if (runner === undefined) return;
    known = runner.state();
    runner = undefined;
    pending = undefined;
    if (known.ended !== undefined && !known.weight.confirmed) goAlone(known.ended.reasons.join("; "));
    options.apply({ type: "stopShadow" }, () => undefined);
    tellOfAlone();
    follow(team.record());
  }

  function goAlone(reason: string): void {
    alone ??= reason;
    turnTo(0);
    tellOfAlone();
  }

  function tellOfAlone(): void {
    if (alone === undefined) return;
    book.add({ breaker: `a gateway went back by itself: ${alone}` }, state().weight.seq);
    if (runner === undefined) team.report(book.report());
    else take(false);
  }

  function take(withIntervals: boolean): void {
    if (runner === undefined) return;
    const reports = new Map([...team.reports(), [team.id, book.report()] as const]);
    const { seq } = runner.state().weight;
    const found = takeReports({ reports, taken, seq, withIntervals });
    ({ taken } = found);
    if (Object.keys(found.evidence).length > 0) options.onFact({ type: "evidence", evidence: found.evidence });
    if (runner?.state().ended !== undefined) alone = undefined;
  }

  function evidence(found: Evidence): void {
    book.add(found, state().weight.seq);
    if (runner !== undefined) return take(found.interval !== undefined);
    team.report(book.report());
    if (clock.now() - heardAt > UNHEARD_MS) watchAlone(found);
    else guard = undefined;
  }

  function watchAlone(found: Evidence): void {
    guard = reduce(guard ?? known, { type: "evidence", evidence: found }, clock.epoch()).state;
    if (guard.ended !== undefined && known.ended === undefined) goAlone(guard.ended.reasons.join("; "));
  }

  /** Nothing was done or heard yet: other gateways may know more, and give a wiped etcd its record back. */
  function isPristine(): boolean {
    return written === undefined && state().version === 1;
  }

  function isDue(now: PlanState): boolean {
    if (isPristine()) return false;
    if (written === undefined || pending !== undefined) return true;
    if (written.state.version !== now.version || written.state.weight !== now.weight) return true;
    return written.state !== now && clock.now() - written.at >= COUNTS_MS;
  }

  async function write(): Promise<void> {
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
    turnTo(meant.effect.weight);
    meant.answer({ type: "weightApplied", seq: meant.effect.seq });
  }

  async function look(): Promise<void> {
    if (team.isHeard) heardAt = clock.now();
    try {
      if (!team.leads) stepDown();
      else if (runner === undefined) await takeOver();
      await write();
      options.trouble(undefined);
    } catch (error) {
      options.trouble(error);
    }
  }

  let looking: Promise<void> | undefined;
  let again = false;
  /** One after the other; what happens meanwhile is looked at right after. */
  function wake(): void {
    timer?.cancel();
    if (isClosed) return;
    if (looking !== undefined) {
      again = true;
      return;
    }
    looking = look().finally(() => {
      looking = undefined;
      timer = clock.after(again ? 0 : LOOK_MS, wake);
      again = false;
    });
  }

  follow(team.record());
  // A weight of before is not acted upon until the leader says it again; a plan that is over stays over.
  if (known.phase === "completed") {
    turnTo(known.weight.set);
    options.followed(known, known);
  }
  team.onRecord(() => follow(team.record()));
  team.onReport(() => take(false));
  team.onLeader(wake);
  wake();

  return {
    get driver() {
      return runner === undefined ? team.leader : team.id;
    },
    state,
    dispatch(event) {
      if (runner !== undefined && team.leads) return runner.dispatch(event);
      return event.type === "command" ? fromAside(event) : undefined;
    },
    evidence,
    setWeight(effect, answer) {
      if (effect.weight === 0) turnTo(0);
      pending = { effect, answer };
      wake();
    },
    faults,
    async close() {
      isClosed = true;
      timer?.cancel();
      await looking;
      file.close();
    },
  };

  function faults(): readonly string[] {
    const why = alone ?? (weight < known.weight.set ? "no gateway leads the plan" : undefined);
    if (runner !== undefined || why === undefined) return [];
    return [`all requests of this gateway go to the legacy arm: ${why}`];
  }

  /** The way back is open at every gateway; all else only at the leader. */
  function fromAside({ command, actor }: PlanEvent & { readonly type: "command" }): Refusal | undefined {
    const { phase, legacyCanTakeAll } = state();
    const isLive = phase === "canary" || phase === "holding";
    if (command.name === "rollback" && isLive && (legacyCanTakeAll || command.force === true)) {
      goAlone(`${actor}: ${command.reason ?? "rollback"}`);
      return undefined;
    }
    const leader = team.leader ?? "none is known";
    return { code: "not-now", text: `the plan is driven by the leader of the gateways (${leader}): ask there` };
  }
}
