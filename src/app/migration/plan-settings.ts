// A plan's file → the settings of its state machine, and of its mirror.
import type { Deployment, MigrationConfig } from "../../config/index.ts";
import { MIRROR_SETTINGS, type MirrorSettings } from "../../gateway/index.ts";
import { makePlan, type MigrationPlan, type PlanTarget } from "../../migration/index.ts";

const SECOND = 1000;

export interface PlanPlace {
  readonly client: Pick<Deployment, "slo">;
  readonly deployments: readonly Deployment[];
}

export function migrationPlan(config: MigrationConfig, { client, deployments }: PlanPlace): MigrationPlan {
  const { schedule, rollback, gates, shadow, name } = config;
  const { steps, noDataGraceSeconds } = schedule;
  return makePlan({
    name,
    target: targetOf(config, deployments),
    arms: { legacy: whereIs(config.legacy), candidate: whereIs(config.candidate) },
    shadow: shadow.enabled,
    minRequests: schedule.minRequests,
    finalHoldMs: schedule.finalHoldSeconds * SECOND,
    checkIntervalMs: schedule.checkIntervalSeconds * SECOND,
    requestsPerSecond: schedule.requestsPerSecond,
    timeScale: schedule.timeScale,
    gateAlpha: gates.alpha,
    gateMargin: gates.margin,
    detector: rollback.detector,
    falseAlarmBudget: rollback.falseAlarmBudget,
    tolerated: { error: rollback.maxErrorRate, ttft: rollback.maxSlowRate, timeout: rollback.maxTimeoutRate },
    ttft: {
      baselineMs: rollback.baselineTtftMs,
      sloMs: sloOf(config, client),
      factor: rollback.ttftFactor,
      cap: rollback.sloCap,
    },
    ...(noDataGraceSeconds !== undefined && { noDataGraceMs: noDataGraceSeconds * SECOND }),
    ...(steps !== undefined && { steps: steps.map(stepOf) }),
  });
}

function whereIs(arm: MigrationConfig["legacy"]): string {
  return arm.kind === "deployment" ? arm.deployment : arm.url;
}

function targetOf({ candidate }: MigrationConfig, deployments: readonly Deployment[]): PlanTarget | undefined {
  if (candidate.kind !== "deployment") return undefined;
  const found = deployments.find(({ name }) => name === candidate.deployment);
  return found && { model: found.model.name, strategy: found.strategy };
}

export function sloOf(config: MigrationConfig, client: Pick<Deployment, "slo">): number | undefined {
  return config.slo.ttftP99Ms ?? client.slo.ttftP99Ms;
}

function stepOf(step: NonNullable<MigrationConfig["schedule"]["steps"]>[number]) {
  const { weight, note, soakSeconds, minRequests, needsApproval } = step;
  return {
    weight,
    ...(note !== undefined && { note }),
    ...(soakSeconds !== undefined && { soakMs: soakSeconds * SECOND }),
    ...(minRequests !== undefined && { minRequests }),
    ...(needsApproval !== undefined && { needsApproval }),
  };
}

export function mirrorSettings({ shadow }: MigrationConfig, sloMs: number | undefined): MirrorSettings {
  return {
    ...MIRROR_SETTINGS,
    maxInflight: shadow.maxInflight,
    pairLimitMs: shadow.pairLimitSeconds * SECOND,
    requestLimitMs: shadow.requestLimitSeconds * SECOND,
    coldStartMs: shadow.coldStartSeconds * SECOND,
    maxBytesPerDay: shadow.maxBytesPerDay,
    maxTokensPerDay: shadow.maxTokensPerDay,
    maxCostPerDay: shadow.maxCostPerDay,
    costPerMillionTokens: shadow.costPerMillionTokens,
    keepRequests: shadow.texts !== undefined || shadow.crossScorePerMinute > 0,
    brake: {
      ...MIRROR_SETTINGS.brake,
      loopLagMs: shadow.brakeLoopLagMs,
      primaryP99Ms: shadow.brakePrimaryP99Ms ?? sloMs,
    },
  };
}
