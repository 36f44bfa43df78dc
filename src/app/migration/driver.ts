// Runs one plan in the gateway: the clock's ticks and the legs' ends in, the state machine's effects out.
import type { Deployment, MigrationConfig } from "../../config/index.ts";
import { type Clock, toError } from "../../core/index.ts";
import type { Fleet } from "../../fleet/index.ts";
import { type ArmLeg, recallWaiting } from "../../gateway/index.ts";
import {
  type AuditEntry,
  judgeStep,
  legCounter,
  type LegCounter,
  type MigrationPlan,
  type PlanEffect,
  type PlanEvent,
  type PlanState,
  type Refusal,
  type SeriesPoint,
  type ShareReading,
  type Verdict,
} from "../../migration/index.ts";
import type { Log } from "../../telemetry/index.ts";
import { aftermath } from "./aftermath.ts";
import { armsAreUp } from "./arms-are-up.ts";
import { driverBeat } from "./driver-beat.ts";
import { driverParts } from "./driver-parts.ts";
import { editText } from "./driver-rules.ts";
import { type Faults, planFaults } from "./faults.ts";
import { type FollowedPlan, followPlan } from "./follow-plan.ts";
import { legacyBaseline } from "./legacy-baseline.ts";
import { planArms, type PlanArms } from "./plan-arms.ts";
import type { PlanFolder } from "./plan-folder.ts";
import { type Answer, type PlanSeat, soleSeat, type WeightEffect } from "./plan-seat.ts";
import { type Preflight, preflight } from "./preflight.ts";
import { type Shadow, shadowOf } from "./shadow.ts";
import type { PlanTeam } from "./team/plan-team.ts";
import { type TeamSeat, teamSeat } from "./team/team-seat.ts";

export interface DriverOptions {
  readonly config: MigrationConfig;
  readonly deployments: readonly Deployment[];
  readonly fleet: Fleet;
  readonly stateDirectory: string;
  readonly clock: Clock;
  readonly log: Log;
  /** The probe of both arms; replaced in tests. */
  readonly preflight?: Preflight | undefined;
  /** Other gateways of the same plan; undefined = this process drives it. */
  readonly team?: PlanTeam | undefined;
}

export interface Driver {
  readonly config: MigrationConfig;
  readonly arms: PlanArms;
  readonly folder: PlanFolder;
  readonly shadow: Shadow;
  /** The name by which clients' requests of this plan are known to the gateway. */
  readonly model: string;
  state(): PlanState;
  share(): ShareReading;
  /** Legs that ended since the last look at the evidence, by arm. */
  unseen(): LegCounter["counts"];
  faults(): readonly string[];
  audit(): readonly AuditEntry[];
  /** Of the legs since this process started. */
  series(): readonly SeriesPoint[];
  command(event: PlanEvent & { readonly type: "command" }): Refusal | undefined;
  /** Another process drives the plan from now on, and requests that still come here follow it. */
  handOver(): Promise<void>;
  close(): Promise<void>;
}

export function startDriver(options: DriverOptions): Driver {
  const { config, clock, log } = options;
  const parts = driverParts(options);
  const { folder, share, failures, file, inForce } = parts;
  const faults = planFaults(config.name, options);
  const edit = editText(parts.edited);
  if (edit !== undefined) faults.raise("file", edit);
  const after = aftermath({ ...parts, plan: config.name, clock, faults, state: () => seat?.state() });
  const candidates = () => arms.all("candidate").length;
  const counter = counterOf(inForce, () => ttft().thresholdMs, candidates);
  const baseline = legacyBaseline();
  const arms: PlanArms = planArms({ ...options, ...parts, legEnded });
  const shadow = shadowOf({ ...options, ...parts, arms, slowTtftMs, onVerdict });
  const probe = options.preflight ?? preflight(config, arms);
  let seat: PlanSeat | undefined;
  let together: TeamSeat | undefined;
  let closed = false;
  let followed: FollowedPlan | undefined;

  function ttft() {
    return (seat?.state().plan ?? inForce).rollback.ttft;
  }

  function slowTtftMs() {
    const { thresholdMs: threshold, fromBaselineMs } = ttft();
    return { threshold, baseline: fromBaselineMs };
  }

  function onVerdict({ verdict, reasons }: Verdict): void {
    dispatch({ type: "verdict", verdict: { verdict, reasons } });
  }

  function legEnded(leg: ArmLeg): void {
    failures.note(leg);
    parts.series.note(leg);
    baseline.note(leg);
    if (leg.arm === "legacy") shadow.notePrimary();
    const evidence = counter.note(leg);
    if (evidence !== undefined) seat?.evidence(evidence);
  }

  /** Undefined when taken; a log that cannot be written refuses everything but the way back. */
  function dispatch(event: PlanEvent): Refusal | undefined {
    if (seat === undefined) return undefined;
    if (closed) return { code: "not-now", text: "this process does not drive the plan any more: ask again" };
    const before = seat.state();
    try {
      const refusal = seat.dispatch(event);
      faults.clear("log");
      if (refusal === undefined) after.noteChange(before, seat.state(), event);
      return refusal;
    } catch (error) {
      faults.raise("log", `the migration log cannot be written: ${toError(error).message}`);
      return { code: "not-safe", text: `the migration log cannot be written: ${toError(error).message}` };
    }
  }

  function turn(weight: number): void {
    arms.weight = weight;
    share.reset(weight);
  }

  function setWeight(effect: WeightEffect, answer: Answer): void {
    if (together !== undefined) return together.setWeight(effect, answer);
    turn(effect.weight);
    answer({ type: "weightApplied", seq: effect.seq });
  }

  function apply(effect: PlanEffect, answer: Answer): void {
    switch (effect.type) {
      case "setWeight":
        return setWeight(effect, answer);
      case "runPreflight":
        return void checked();
      case "startShadow":
        return shadow.start();
      case "stopShadow":
        return shadow.stop();
      case "judgeStep": {
        const { legacy, candidate, alpha, seq, look } = effect;
        const { gateMargin: margin, rollback } = inForce;
        const report = judgeStep({ legacy, candidate, alpha, margin, tolerated: rollback.tolerated });
        return answer({ type: "gate", seq, look, report });
      }
      case "drainCandidate":
        return void recallWaiting(arms);
      case "saveEvidence":
        return after.keepEvidence(effect.reasons);
      case "releaseLegacy":
        arms.released = true;
        return;
      case "log":
        return log[effect.level]({ plan: config.name }, effect.text);
      case "notify":
        return after.tellPeople(effect);
    }
  }

  async function checked(): Promise<void> {
    await armsAreUp(arms, { clock, gaveUp: () => closed });
    const found = await probe().catch((error: unknown) => {
      log.error({ plan: config.name, error: toError(error).message }, "the probe failed");
      return { failures: ["probe-failed"], checks: [] };
    });
    for (const { id, hard, status, evidence } of found.checks ?? []) {
      if (hard && status === "fail") log.warn({ plan: config.name, check: id, evidence }, "preflight");
    }
    dispatch({ type: "preflight", failures: found.failures });
  }

  async function handOver(): Promise<void> {
    await close();
    const onEnded = (): void => void recallWaiting(arms);
    followed = followPlan({ logFile: folder.log, clock, arms, onEnded });
  }

  async function close(): Promise<void> {
    followed?.close();
    if (closed) return;
    closed = true;
    beat.close();
    await shadow.close();
    await running.close();
    parts.lock.release();
  }

  const onFact = (event: PlanEvent): void => void dispatch(event);
  const running = (seat = takeSeat());

  function takeSeat(): PlanSeat {
    const seating = { log: file, clock, plan: parts.plan, apply, onFact };
    const { team } = options;
    if (team === undefined) return soleSeat(seating);
    const { log: logFile, salt } = folder;
    return (together = teamSeat({ ...seating, team, logFile, salt, turn, followed: noteFollowed, trouble }));
  }

  function trouble(error: unknown): void {
    if (error === undefined) faults.clear("etcd");
    else faults.raise("etcd", `the plan cannot be written down for all gateways: ${toError(error).message}`);
  }

  /** The leader moved the plan. */
  function noteFollowed(before: PlanState, now: PlanState): void {
    arms.released = now.phase === "completed";
    if (before.ended === undefined && now.ended !== undefined) recallWaiting(arms);
    after.noteFollowed(before, now, options.team?.leader);
  }

  const beat = driverBeat({ ...options, ...parts, arms, counter, baseline, shadow, faults, seat: running, dispatch });
  const views = { ...viewsOf(parts, running, faults), unseen: () => counter.counts };
  const { model } = parts;
  return { config, arms, folder, shadow, model, ...views, command: (event) => dispatch(event), handOver, close };
}

type Views = Pick<Driver, "state" | "share" | "faults" | "audit" | "series">;

function viewsOf({ share, audit, series }: ReturnType<typeof driverParts>, seat: PlanSeat, faults: Faults): Views {
  return {
    state: () => seat.state(),
    share: () => share.reading(),
    faults: () => [...faults.list(), ...seat.faults()],
    audit: () => audit.last(),
    series: () => series.points(),
  };
}

function counterOf(plan: MigrationPlan, ttftThresholdMs: () => number, workers: () => number): LegCounter {
  const { windowSize } = plan.rollback;
  return legCounter({ windowSize, ttftThresholdMs, workers: () => Math.max(1, workers()) });
}
