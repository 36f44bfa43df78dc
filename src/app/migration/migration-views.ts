// What the admin API tells of a driver: status and report.
import {
  addCounts,
  type ArmStatus,
  type MigrationReport,
  type MigrationStatus,
  type PlanState,
  planStatus,
} from "../../migration/index.ts";
import { VERSION } from "../../version.ts";
import type { ArmName } from "./arm-specs.ts";
import type { Driver } from "./driver.ts";
import { isLive } from "./driver-rules.ts";
import { bundles, planHash } from "./evidence-bundle.ts";
import { liveGates } from "./live-gates.ts";

export function statusOf(driver: Driver, now: number): MigrationStatus {
  const state = upToNow(driver);
  return {
    schemaVersion: 1,
    at: now,
    plan: planStatus(state, now),
    arms: { legacy: armStatus(driver, "legacy"), candidate: armStatus(driver, "candidate") },
    share: driver.share(),
    gates: liveGates(state),
    ...(state.plan.shadow && { shadow: driver.shadow.status() }),
    faults: driver.faults(),
  };
}

/** The plan looks at its evidence at intervals; who reads the status looks at it now. */
function upToNow(driver: Driver): PlanState {
  const state = driver.state();
  if (!isLive(state)) return state;
  const { legacy, candidate } = driver.unseen();
  const { progress } = state;
  return {
    ...state,
    progress: {
      ...progress,
      legacy: addCounts(progress.legacy, legacy),
      candidate: addCounts(progress.candidate, candidate),
    },
  };
}

function armStatus({ config, arms }: Driver, arm: ArmName): ArmStatus {
  const own = config[arm];
  const workers = arms.all(arm);
  const inflight = workers.reduce(
    (sum, { ledger }) => sum + ledger.load.prefillRequests + ledger.load.decodeRequests,
    0,
  );
  return {
    source: own.kind,
    where: own.kind === "endpoint" ? own.url : own.deployment,
    model: arms[arm].model,
    workers: workers.length,
    ready: workers.filter(({ state }) => state === "ready").length,
    inflight,
  };
}

export function reportOf(driver: Driver, now: number): MigrationReport {
  const state = driver.state();
  const audit = driver.audit();
  const verdict = driver.shadow.verdict();
  const texts = driver.shadow.texts();
  return {
    schemaVersion: 1,
    at: now,
    release: VERSION,
    planHash: planHash(state),
    steps: state.plan.steps,
    status: statusOf(driver, now),
    history: audit
      .filter(({ from, to }) => from.phase !== to.phase || from.weight !== to.weight || from.step !== to.step)
      .map(({ at, to, what, text }) => ({ at, phase: to.phase, step: to.step, weight: to.weight, text: text ?? what })),
    audit,
    ...(verdict !== undefined && { verdict }),
    ...(texts !== undefined && { texts }),
    evidence: bundles(driver.folder.evidence),
    series: driver.series(),
  };
}
