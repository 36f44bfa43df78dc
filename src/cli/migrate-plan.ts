// The settings of a plan from its file, as far as a rehearsal has use for them.
import type { MigrationConfig } from "../config/index.ts";
import type { PlanSettings } from "../migration/index.ts";

export function planSettings({ name, schedule, gates, shadow, rollback, slo }: MigrationConfig): PlanSettings {
  const { steps, minRequests, noDataGraceSeconds } = schedule;
  return {
    name,
    shadow: shadow.enabled,
    minRequests,
    finalHoldMs: schedule.finalHoldSeconds * 1000,
    checkIntervalMs: schedule.checkIntervalSeconds * 1000,
    gateAlpha: gates.alpha,
    timeScale: schedule.timeScale,
    detector: rollback.detector,
    falseAlarmBudget: rollback.falseAlarmBudget,
    tolerated: { error: rollback.maxErrorRate, ttft: rollback.maxSlowRate, timeout: rollback.maxTimeoutRate },
    ttft: { sloMs: slo.ttftP99Ms, factor: rollback.ttftFactor, cap: rollback.sloCap },
    ...(noDataGraceSeconds === undefined ? {} : { noDataGraceMs: noDataGraceSeconds * 1000 }),
    ...(steps === undefined ? {} : { steps: steps.map(stepOf) }),
  };
}

type StepDocument = NonNullable<MigrationConfig["schedule"]["steps"]>[number];

function stepOf({ weight, note, soakSeconds, minRequests, needsApproval }: StepDocument) {
  return {
    weight,
    ...(note === undefined ? {} : { note }),
    ...(soakSeconds === undefined ? {} : { soakMs: soakSeconds * 1000 }),
    ...(minRequests === undefined ? {} : { minRequests }),
    ...(needsApproval === undefined ? {} : { needsApproval }),
  };
}
