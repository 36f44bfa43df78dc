// Two models whose peaks are opposite on sixteen GPUs: each decides by its objective under one limit, or each has its half.
import { loadProfile } from "../../src/model/index.ts";
import { policyOf } from "../../src/routing/index.ts";
import {
  openLoop,
  ownRule,
  type ScaleRule,
  type ScalingResult,
  scalingResult,
  sequenceRule,
  simulate,
} from "../../src/simulator/index.ts";
import { NOISE, POLICY, SCRAPE_LOSS, scaleSettings, STALENESS_MS } from "./setting.ts";
import { along, AZURE, daily, readTrace } from "./traffic.ts";

/** Of two GPUs each. */
const WORKERS = 8;
const DURATION_MS = 3 * 3_600_000;
const START_UP_MS = 60_000;
const SLO = { ttftMs: 2000, itlMs: 30 };

export interface TwoModelsRow extends ScalingResult {
  readonly arm: string;
}

export interface TwoModelsReport {
  readonly meanPerSecond: number;
  readonly joint: TwoModelsRow;
  readonly halves: TwoModelsRow;
  /** The fewest workers of fixed number that reach the joint attainment. */
  readonly equal: TwoModelsRow | undefined;
}

export function twoModels(meanPerSecond = 3): TwoModelsReport {
  const joint = run("joint", { meanPerSecond, most: WORKERS, perModel: WORKERS - 1 });
  const halves = run("halves", { meanPerSecond, most: WORKERS, perModel: WORKERS / 2, fixed: true });
  let equal: TwoModelsRow | undefined;
  for (let workers = WORKERS / 2 + 1; workers <= WORKERS; workers++) {
    const row = run(`${workers} each`, { meanPerSecond, most: 2 * workers, perModel: workers, fixed: true });
    if (row.attainment < joint.attainment) continue;
    equal = row;
    break;
  }
  return { meanPerSecond, joint, halves, equal };
}

interface Arm {
  readonly meanPerSecond: number;
  /** Workers of both at once. */
  readonly most: number;
  readonly perModel: number;
  readonly fixed?: boolean;
}

function run(arm: string, { meanPerSecond, most, perModel, fixed = false }: Arm): TwoModelsRow {
  const profile = loadProfile("llama-3.1-70b-h100-tp2-fp8");
  const trace = readTrace(AZURE);
  const planned = [0, 1].flatMap((pool) => {
    const shape = { durationMs: DURATION_MS, meanPerSecond, rateAt: daily(DURATION_MS, pool / 2) };
    return along(trace, shape, { maxContext: profile.maxModelLength, pool, from: 5000 * pool });
  });
  const slots = [0, 1].map((pool) => Array.from({ length: perModel }, (_, i) => pool * perModel + i));
  const settings = { profile, slo: SLO, most: perModel, startUpMs: START_UP_MS };
  const rule = (): ScaleRule =>
    fixed ? sequenceRule([], 60_000) : ownRule(scaleSettings(settings, { stabilisationMs: 120_000 }));
  const result = simulate({
    profiles: slots.flat().map(() => profile),
    policy: policyOf(POLICY),
    arrivals: openLoop(planned.toSorted((a, b) => a.atMs - b.atMs)),
    seed: "1",
    noise: NOISE,
    stalenessMs: STALENESS_MS,
    scaling: {
      pools: slots.map((workers, pool) => ({ workers, initial: fixed ? perModel : 1 + 4 * pool, rule: rule() })),
      startUpMs: START_UP_MS,
      startUpSigma: 0.1,
      scrapeLoss: SCRAPE_LOSS,
      mostWorkers: most,
    },
  });
  return { arm, ...scalingResult(result, SLO, DURATION_MS) };
}
