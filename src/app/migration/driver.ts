// Runs one plan in the gateway: the clock's ticks and the legs' ends in, the state machine's effects out.
import type { Deployment, MigrationConfig } from "../../config/index.ts";
import { type Clock, type Timer, toError } from "../../core/index.ts";
import type { Fleet } from "../../fleet/index.ts";
import { type ArmLeg, recallWaiting } from "../../gateway/index.ts";
import {
  actualShare,
  type AuditEntry,
  type AuditPoint,
  judgeStep,
  legCounter,
  openPlanLog,
  type PlanEffect,
  type PlanEvent,
  planRunner,
  type PlanRunner,
  type PlanState,
  type Refusal,
  sessionSplit,
  type Verdict,
} from "../../migration/index.ts";
import type { Log } from "../../telemetry/index.ts";
import { auditLog } from "./audit-log.ts";
import { clientDeployment } from "./arm-specs.ts";
import { isLive, rollbackIsBlind } from "./driver-rules.ts";
import { lastFailures, saveEvidence } from "./evidence-bundle.ts";
import { lockPlan } from "./lock-plan.ts";
import { notifier } from "./notifier.ts";
import { planArms, type PlanArms } from "./plan-arms.ts";
import { type PlanFolder, planFolder } from "./plan-folder.ts";
import { migrationPlan, sloOf } from "./plan-settings.ts";
import { type Preflight, preflight } from "./preflight.ts";
import { type Shadow, shadowOf } from "./shadow.ts";

export interface DriverOptions {
  readonly config: MigrationConfig;
  readonly deployments: readonly Deployment[];
  readonly fleet: Fleet;
  readonly stateDirectory: string;
  readonly clock: Clock;
  readonly log: Log;
  /** The probe of both arms; replaced in tests. */
  readonly preflight?: Preflight | undefined;
}

export interface Driver {
  readonly config: MigrationConfig;
  readonly arms: PlanArms;
  readonly folder: PlanFolder;
  readonly shadow: Shadow;
  /** The name by which clients' requests of this plan are known to the gateway. */
  readonly model: string;
  state(): PlanState;
  share(): ReturnType<ReturnType<typeof actualShare>["reading"]>;
  faults(): readonly string[];
  audit(): readonly AuditEntry[];
  command(event: PlanEvent & { readonly type: "command" }): Refusal | undefined;
  close(): Promise<void>;
}

export function startDriver(options: DriverOptions): Driver {
  const { config, deployments, fleet, clock, log } = options;
  const client = clientDeployment(config, deployments);
  const plan = migrationPlan(config, client);
  const folder = planFolder(options.stateDirectory, config.name);
  const split = sessionSplit(folder.salt);
  const share = actualShare(0);
  const audit = auditLog(folder.audit);
  const failures = lastFailures();
  const tell = notifier(config.notify, log);
  const faults = new Map<string, string>();
  const lock = lockPlan(folder.path);
  const file = openPlanLog(folder.log);
  // The plan that the log was begun with decides, not a file that was edited since.
  const begun = file.records.find((one) => one.kind !== "event");
  const inForce = begun === undefined ? plan : begun.kind === "plan" ? begun.plan : begun.state.plan;
  const counter = legCounter({
    windowSize: inForce.rollback.windowSize,
    ttftThresholdMs: inForce.rollback.ttft.thresholdMs,
    workers: () => Math.max(1, arms.all("candidate").length),
  });
  const arms: PlanArms = planArms({ config, deployments, fleet, split, share, legEnded });
  const shadow = shadowOf({
    ...{ config, folder, arms, split, clock, log },
    sloMs: sloOf(config, client),
    slowTtftMs: { threshold: inForce.rollback.ttft.thresholdMs, baseline: inForce.rollback.ttft.fromBaselineMs },
    onVerdict: ({ verdict, reasons }: Verdict) => void dispatch({ type: "verdict", verdict: { verdict, reasons } }),
  });
  const probe = options.preflight ?? preflight(config, arms);
  const timers: { tick?: Timer; probe?: Timer } = {};
  let runner: PlanRunner | undefined;
  let blindSince: number | undefined;
  let closed = false;

  function legEnded(leg: ArmLeg): void {
    failures.note(leg);
    if (leg.arm === "legacy") shadow.notePrimary();
    const evidence = counter.note(leg);
    if (evidence !== undefined) dispatch({ type: "evidence", evidence });
  }

  /** Undefined when taken; a log that cannot be written refuses everything but the way back. */
  function dispatch(event: PlanEvent): Refusal | undefined {
    if (runner === undefined || closed) return undefined;
    const before = runner.state();
    try {
      const refusal = runner.dispatch(event);
      settle("log");
      if (refusal === undefined) noteChange(before, runner.state(), event);
      return refusal;
    } catch (error) {
      fault("log", `the migration log cannot be written: ${toError(error).message}`);
      return { code: "not-safe", text: `the migration log cannot be written: ${toError(error).message}` };
    }
  }

  function fault(name: string, text: string): void {
    if (!faults.has(name)) log.error({ plan: config.name, error: text }, "migration");
    faults.set(name, text);
    if (name === "log") blindSince ??= clock.epoch();
  }

  function settle(name: string): void {
    faults.delete(name);
    if (name === "log") blindSince = undefined;
  }

  function noteChange(before: PlanState, after: PlanState, event: PlanEvent): void {
    if (before.version === after.version) return;
    const isCommand = event.type === "command";
    const text = isCommand && "reason" in event.command ? event.command.reason : after.ended?.reasons.join("; ");
    try {
      audit.add({
        at: clock.epoch(),
        who: isCommand ? event.actor : "plan",
        what: isCommand ? event.command.name : event.type,
        from: pointOf(before),
        to: pointOf(after),
        ...(text !== undefined && { text }),
      });
      settle("audit");
    } catch (error) {
      fault("audit", `the audit log cannot be written: ${toError(error).message}`);
    }
  }

  function apply(effect: PlanEffect, answer: (event: PlanEvent) => void): void {
    switch (effect.type) {
      case "setWeight":
        arms.weight = effect.weight;
        share.reset(effect.weight);
        return answer({ type: "weightApplied", seq: effect.seq });
      case "runPreflight":
        return void checked();
      case "startShadow":
        return shadow.start();
      case "stopShadow":
        return shadow.stop();
      case "judgeStep": {
        const { legacy, candidate, alpha, seq, look } = effect;
        const report = judgeStep({ legacy, candidate, alpha, tolerated: inForce.rollback.tolerated });
        return answer({ type: "gate", seq, look, report });
      }
      case "drainCandidate":
        return void recallWaiting(arms);
      case "saveEvidence":
        return keepEvidence(effect.reasons);
      case "releaseLegacy":
        arms.released = true;
        return;
      case "log":
        return log[effect.level]({ plan: config.name }, effect.text);
      case "notify":
        return tellPeople(effect);
    }
  }

  /** After the present turn: the traffic moves first, files are for later. */
  function keepEvidence(reasons: readonly string[]): void {
    setImmediate(() => {
      const now = runner?.state();
      if (now === undefined) return;
      try {
        saveEvidence(folder.evidence, {
          ...{ at: clock.epoch(), reasons, state: now, legs: failures.list() },
          status: { share: share.reading(), faults: [...faults.values()] },
        });
      } catch (error) {
        fault("evidence", `the evidence cannot be saved: ${toError(error).message}`);
      }
    });
  }

  function tellPeople({ kind, text }: PlanEffect & { readonly type: "notify" }): void {
    setImmediate(() => {
      const now = runner?.state();
      if (now === undefined) return;
      const { phase, version, weight } = now;
      tell.tell({ plan: config.name, kind, text, at: clock.epoch(), phase, version, weight: weight.set });
    });
  }

  async function checked(): Promise<void> {
    await armsAreUp();
    const found = await probe().catch((error: unknown) => {
      log.error({ plan: config.name, error: toError(error).message }, "the probe failed");
      return { failures: ["probe-failed"] };
    });
    dispatch({ type: "preflight", failures: found.failures });
  }

  /** After a restart the workers have not been asked yet; what is still missing then, the probe says. */
  async function armsAreUp(): Promise<void> {
    for (let left = 100; left > 0 && !closed; left--) {
      if (arms.legacy.workers().length > 0 && arms.candidate.workers().length > 0) return;
      await new Promise<void>((resolve) => clock.after(300, resolve));
    }
  }

  function tick(): void {
    const now = clock.epoch();
    const state = runner?.state();
    if (state !== undefined && isLive(state)) {
      dispatch({ type: "evidence", evidence: counter.endInterval(now) });
      const { mismatch } = share.reading();
      if (mismatch !== state.shareMismatch) dispatch({ type: "share", mismatch });
    }
    const legacy = arms.all("legacy");
    const legacyCanTakeAll = legacy.length > 0 && legacy.every((one) => one.state === "ready");
    if (state !== undefined && legacyCanTakeAll !== state.legacyCanTakeAll) {
      dispatch({ type: "capacity", legacyCanTakeAll });
    }
    shadow.tick();
    dispatch({ type: "tick" });
    if (rollbackIsBlind(runner?.state(), { blindSince, now })) {
      dispatch({ type: "evidence", evidence: { breaker: "breaker: the migration log cannot be written" } });
    }
    if (!closed) timers.tick = clock.after(inForce.checkIntervalMs, tick);
  }

  function probeCandidate(): void {
    const state = runner?.state();
    const workers = arms.all("candidate");
    if (state !== undefined && isLive(state) && workers.some((one) => one.state !== "starting")) {
      const evidence = counter.noteProbe(arms.candidate.workers().length > 0, clock.epoch());
      if (evidence !== undefined) dispatch({ type: "evidence", evidence });
    }
    if (!closed) timers.probe = clock.after(config.rollback.probeSeconds * 1000, probeCandidate);
  }

  runner = planRunner({ log: file, clock, plan, apply });
  timers.tick = clock.after(Math.min(inForce.checkIntervalMs, 1000), tick);
  timers.probe = clock.after(config.rollback.probeSeconds * 1000, probeCandidate);
  const running = runner;
  return {
    config,
    arms,
    folder,
    shadow,
    model: client.model.servedNames[0] ?? client.model.name,
    state: () => running.state(),
    share: () => share.reading(),
    faults: () => [...faults.values()],
    audit: () => audit.last(),
    command: (event) => dispatch(event),
    async close() {
      closed = true;
      timers.tick?.cancel();
      timers.probe?.cancel();
      await shadow.close();
      file.close();
      lock.release();
    },
  };
}

function pointOf({ phase, step, weight, version }: PlanState): AuditPoint {
  return { phase, step, weight: weight.set, version };
}
