// A plan among several gateways: the leader moves it and writes it down fenced before it acts; the others follow.
import {
  type Evidence,
  initialState,
  LOG_FORMAT,
  openPlanLog,
  type PlanEvent,
  type PlanLog,
  type PlanState,
  type Refusal,
  replay,
} from "../../../migration/index.ts";
import { type Answer, LOG_BEHIND, type PlanSeat, type WeightEffect } from "../plan-seat.ts";
import { type DriveOptions, planDrive } from "./drive.ts";
import { legBook, type Taken } from "./leg-book.ts";
import { lookOut } from "./look-out.ts";
import { ownWatch } from "./own-watch.ts";
import type { PlanRecord } from "./plan-record.ts";

export interface TeamOptions extends Omit<DriveOptions, "book" | "turnTo"> {
  readonly log: PlanLog;
  readonly logFile: string;
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

const OUT_OF_TOUCH = "etcd is out of reach: this gateway hears of no move of the plan, and can tell of none";

/** Looks at leadership and writes what is due; sooner when something happens. */
const LOOK_MS = 100;

export function teamSeat(options: TeamOptions): TeamSeat {
  const { team, clock } = options;
  const book = legBook();
  const watch = ownWatch(clock);
  const drive = planDrive({ ...options, book, turnTo });
  const looks = lookOut({ clock, everyMs: LOOK_MS, look });
  let file = options.log;
  /** While another gateway drives. */
  let known = replay(file.records) ?? initialState(options.plan, clock.epoch());
  let taken: Taken = {};
  /** Why this gateway's own traffic went back while nobody could be told. */
  let alone: string | undefined;
  let weight = 0;
  let isClosed = false;

  const state = (): PlanState => drive.runner?.state() ?? known;

  function turnTo(next: number): void {
    if (next === weight) return;
    weight = next;
    options.turn(next);
  }

  /** No weight is acted upon but what etcd has from the leader; the way back needs no leave. */
  function follow(record: PlanRecord | undefined): void {
    if (record === undefined || (drive.runner !== undefined && !drive.isPristine)) return;
    drive.end();
    const before = known;
    ({ state: known, taken } = record);
    watch.forget();
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
    drive.begin(file, taken);
    tellOfAlone();
    take(false);
  }

  function stepDown(): void {
    if (drive.runner === undefined) return;
    known = drive.runner.state();
    drive.end();
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
    if (drive.runner === undefined) team.report(book.report());
    else take(false);
  }

  function take(withIntervals: boolean): void {
    drive.take(withIntervals);
    if (drive.runner?.state().ended !== undefined) alone = undefined;
  }

  function evidence(found: Evidence): void {
    book.add(found, state().weight.seq);
    if (drive.runner !== undefined) return take(found.interval !== undefined);
    team.report(book.report());
    const reason = watch.reason(known, found);
    if (reason !== undefined) goAlone(reason);
  }

  async function look(): Promise<void> {
    if (team.isHeard) watch.heard();
    try {
      if (!team.leads) stepDown();
      else if (drive.runner === undefined) await takeOver();
      await drive.write();
      options.trouble(undefined);
    } catch (error) {
      options.trouble(error);
    }
  }

  function dispatch(event: PlanEvent): Refusal | undefined {
    if (drive.runner !== undefined && team.leads) return drive.runner.dispatch(event);
    return event.type === "command" ? fromAside(event) : undefined;
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

  function setWeight(effect: WeightEffect, answer: Answer): void {
    if (effect.weight === 0) turnTo(0);
    drive.setWeight(effect, answer);
    looks.wake();
  }

  function faults(): readonly string[] {
    const away = team.isInTouch ? [] : [OUT_OF_TOUCH];
    if (drive.runner?.behind) return [LOG_BEHIND, ...away];
    const why = alone ?? (weight < known.weight.set ? "no gateway leads the plan" : undefined);
    if (drive.runner !== undefined || why === undefined) return away;
    return [`all requests of this gateway go to the legacy arm: ${why}`, ...away];
  }

  async function close(): Promise<void> {
    isClosed = true;
    await looks.close();
    file.close();
  }

  function begin(): void {
    follow(team.record());
    // A weight of before is not acted upon until the leader says it again; a plan that is over stays over.
    if (known.phase === "completed") {
      turnTo(known.weight.set);
      options.followed(known, known);
    }
    team.onRecord(() => follow(team.record()));
    team.onReport(() => take(false));
    team.onLeader(() => looks.wake());
    looks.wake();
  }

  begin();
  return { state, dispatch, evidence, setWeight, faults, close };
}
