// A migration plan: the seed's schedule, made of steps with a soak, a least number of requests and a gate.
import { SwitchgearError } from "../../core/index.ts";
import {
  type DetectorKind,
  FALSE_ALARM_BUDGET,
  RELATIVE_GUARD,
  type RollbackDesign,
  TOLERATED,
  WINDOW_SIZE,
} from "../rollback/design.ts";
import { ttftThreshold, type TtftThresholdOptions } from "../rollback/ttft-threshold.ts";
import { clampWeight } from "../split/split.ts";

export const DAY_MS = 86_400_000;

export interface PlanStep {
  /** Share of sessions that the candidate serves, 0…1. */
  readonly weight: number;
  readonly note: string;
  readonly soakMs: number;
  /** Counted candidate requests before the step may end. */
  readonly minRequests: number;
  /** The step ends only when a person says so. */
  readonly needsApproval: boolean;
}

/** A deployment of ours that a plan moves to: what a completed plan is proof of. */
export interface PlanTarget {
  /** As `spec.model.name` has it. */
  readonly model: string;
  readonly strategy: "colocated" | "disaggregated";
}

export interface PlanArmNames {
  readonly legacy: string;
  readonly candidate: string;
}

export interface MigrationPlan {
  readonly name: string;
  /** Undefined for a server elsewhere. */
  readonly target?: PlanTarget;
  /** Where the arms are: an address, or the name of a deployment. */
  readonly arms?: PlanArmNames;
  readonly steps: readonly PlanStep[];
  /** Start with shadow traffic and wait for its verdict. */
  readonly shadow: boolean;
  /** After 100 %: how long the legacy arm stays able to take everything back. */
  readonly finalHoldMs: number;
  readonly checkIntervalMs: number;
  /** Without evidence from the candidate for so long, nothing moves. */
  readonly noDataGraceMs: number;
  /** Probability that all looks of all step gates together pass a candidate that is worse than allowed. */
  readonly gateAlpha: number;
  /** How far the candidate's shares of errors and slow requests may lie above the legacy's. */
  readonly gateMargin: number;
  /** Planned time ÷ real time: 1 in production, large in rehearsals. */
  readonly timeScale: number;
  readonly rollback: RollbackDesign;
}

interface SeedDay {
  readonly day: number;
  readonly weight: number;
  readonly note: string;
}

/** The seed's recommended_rollout_schedule(), word for word. */
export const SEED_SCHEDULE: readonly SeedDay[] = [
  { day: 1, weight: 0.01, note: "1% canary" },
  { day: 2, weight: 0.05, note: "5% if day 1 healthy" },
  { day: 3, weight: 0.1, note: "10%" },
  { day: 5, weight: 0.25, note: "25%" },
  { day: 7, weight: 0.5, note: "50%" },
  { day: 10, weight: 0.75, note: "75%" },
  { day: 14, weight: 1.0, note: "100% -- full cutover" },
];

export interface PlanSettings {
  readonly name: string;
  readonly target?: PlanTarget | undefined;
  readonly arms?: PlanArmNames;
  readonly steps?: readonly Partial<PlanStep>[];
  readonly shadow?: boolean;
  readonly minRequests?: number;
  readonly finalHoldMs?: number;
  readonly checkIntervalMs?: number;
  readonly noDataGraceMs?: number;
  readonly gateAlpha?: number;
  readonly gateMargin?: number;
  readonly timeScale?: number;
  readonly detector?: DetectorKind;
  readonly falseAlarmBudget?: number;
  readonly tolerated?: Partial<RollbackDesign["tolerated"]>;
  readonly ttft?: TtftThresholdOptions;
  /** Requests per second of both arms together, as measured; sets the horizon of the false-alarm budget. */
  readonly requestsPerSecond?: number;
}

const MIN_REQUESTS = 1000;

export function makePlan(settings: PlanSettings): MigrationPlan {
  const { timeScale = 1, finalHoldMs = 3 * DAY_MS, checkIntervalMs = 30_000, requestsPerSecond = 100 } = settings;
  const steps = (settings.steps ?? seedSteps()).map((step) => fullStep(step, settings));
  checkSteps(steps);
  const soakMs = steps.reduce((sum, step) => sum + step.soakMs, 0) + finalHoldMs / timeScale;
  return {
    name: settings.name,
    ...(settings.target && { target: settings.target }),
    ...(settings.arms && { arms: settings.arms }),
    steps,
    shadow: settings.shadow ?? true,
    finalHoldMs: finalHoldMs / timeScale,
    checkIntervalMs,
    noDataGraceMs: settings.noDataGraceMs ?? Math.max(600_000 / timeScale, 2 * checkIntervalMs),
    gateAlpha: settings.gateAlpha ?? 0.05,
    gateMargin: settings.gateMargin ?? 0.01,
    timeScale,
    rollback: {
      detector: settings.detector ?? "windowed",
      windowSize: settings.detector === "perRequest" ? 1 : WINDOW_SIZE,
      tolerated: { ...TOLERATED, ...settings.tolerated },
      ttft: ttftThreshold(settings.ttft ?? {}),
      falseAlarmBudget: settings.falseAlarmBudget ?? FALSE_ALARM_BUDGET,
      horizonRequests: Math.ceil((requestsPerSecond * weightedMs(steps, finalHoldMs / timeScale)) / 1000),
      horizonIntervals: Math.ceil(soakMs / checkIntervalMs),
      relative: RELATIVE_GUARD,
    },
  };
}

/** Weights rise, so that a session moves one way only, and end at 1, where the final hold begins. */
function checkSteps(steps: readonly PlanStep[]): void {
  const weights = steps.map(({ weight }) => weight);
  const rising = weights.every((weight, i) => weight > (weights[i - 1] ?? 0));
  if (rising && weights.at(-1) === 1) return;
  throw new SwitchgearError("SWG_PLAN_INVALID", "The weights of a migration plan must rise and end at 1.", {
    value: weights,
    where: "steps",
    expected: "for example 0.01, 0.1, 0.5, 1",
  });
}

/** The days between the seed's steps become soaks; the last step goes straight into the final hold. */
export function seedSteps(): readonly Pick<PlanStep, "weight" | "note" | "soakMs">[] {
  return SEED_SCHEDULE.map(({ day, weight, note }, i) => ({
    weight,
    note,
    soakMs: ((SEED_SCHEDULE[i + 1]?.day ?? day) - day) * DAY_MS,
  }));
}

function fullStep(step: Partial<PlanStep>, settings: PlanSettings): PlanStep {
  const weight = clampWeight(step.weight ?? 0);
  return {
    weight,
    note: step.note ?? `${Number((weight * 100).toPrecision(6))}%`,
    soakMs: (step.soakMs ?? DAY_MS) / (settings.timeScale ?? 1),
    minRequests: step.minRequests ?? settings.minRequests ?? MIN_REQUESTS,
    needsApproval: step.needsApproval ?? false,
  };
}

/** Time × share of the candidate. */
function weightedMs(steps: readonly PlanStep[], finalHoldMs: number): number {
  return steps.reduce((sum, step) => sum + step.weight * step.soakMs, 0) + finalHoldMs;
}
