// One setting of the proof: traffic, workers, objective, start-up; and one run of a rule in it.
import { type EngineProfile, stepCost } from "../../src/model/index.ts";
import { type ScaleSettings, usualStabilisation } from "../../src/autoscaling/index.ts";
import { policyOf } from "../../src/routing/index.ts";
import {
  openLoop,
  type PlannedSimulation,
  type ScaleRule,
  type ScalingResult,
  scalingResult,
  type ScalingSlo,
  simulate,
} from "../../src/simulator/index.ts";

export interface Setting {
  readonly name: string;
  readonly profile: EngineProfile;
  readonly planned: readonly PlannedSimulation[];
  readonly durationMs: number;
  readonly slo: ScalingSlo;
  readonly most: number;
  readonly initial: number;
  readonly startUpMs: number;
  readonly seed: string;
}

export const NOISE = 0.1;
export const STALENESS_MS = 5;
export const SCRAPE_LOSS = 0.1;
export const POLICY = "kv_aware";

/** Draining workers keep their GPUs: so many more than the rules may ask for. */
const SPARE = 2;

export function runRule(setting: Setting, rule: ScaleRule): ScalingResult {
  const { profile, planned, most, initial, startUpMs, seed, slo, durationMs } = setting;
  const slots = Array.from({ length: most + SPARE }, (_, i) => i);
  const run = simulate({
    profiles: slots.map(() => profile),
    policy: policyOf(POLICY),
    arrivals: openLoop(planned),
    seed,
    noise: NOISE,
    stalenessMs: STALENESS_MS,
    scaling: {
      pools: [{ workers: slots, initial, rule }],
      startUpMs,
      startUpSigma: 0.1,
      scrapeLoss: SCRAPE_LOSS,
    },
  });
  return scalingResult(run, slo, durationMs);
}

export function scaleSettings(
  setting: Pick<Setting, "profile" | "slo" | "most" | "startUpMs">,
  more: Partial<ScaleSettings> = {},
): ScaleSettings {
  const { profile, slo, most, startUpMs } = setting;
  const { stabilisationMs } = more;
  const stabilisation = stabilisationMs === undefined ? usualStabilisation(startUpMs) : { stabilisationMs };
  return {
    mode: { kind: "slo" },
    minReplicas: 1,
    maxReplicas: most,
    slo: { ttftP99Ms: slo.ttftMs, itlP99Ms: slo.itlMs },
    headroom: 1,
    startupMs: startUpMs,
    intervalMs: 10_000,
    ...stabilisation,
    upStep: 4,
    staleMs: 45_000,
    worker: { role: "both", cost: stepCost(profile), maxSequences: profile.limits.maxSequences },
    ...more,
  };
}
