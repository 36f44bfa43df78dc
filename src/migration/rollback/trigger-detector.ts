// One trigger: does the candidate's rate of bad requests exceed what is tolerated?
import {
  addFactors,
  alarmThreshold,
  budgetSpent,
  type DetectorSums,
  detectorValue,
  type FalseAlarmBudget,
  freshSums,
  requestFactors,
  windowFactors,
} from "../../stats/index.ts";
import { BUDGET_PARTS, betsOf, type RollbackDesign } from "./design.ts";
import type { TriggerName, WindowCount } from "./evidence.ts";

export interface TriggerState {
  readonly sums: DetectorSums;
  readonly windows: number;
  readonly bad: number;
  /** Since the evidence last pointed at all to harm: what the message quotes. */
  readonly onset: Onset;
}

interface Onset {
  readonly windows: number;
  readonly bad: number;
  readonly weight: number;
  readonly legacyRequests: number;
  readonly legacyBad: number;
}

export interface TriggerMeter {
  readonly trigger: TriggerName;
  readonly value: number;
  readonly threshold: number;
  /** ln value ÷ ln threshold, 0…1: how far to a rollback. */
  readonly way: number;
  readonly requests: number;
  readonly bad: number;
  readonly tolerated: number;
  readonly budgetSpent: number;
  readonly fired: boolean;
}

const NO_ONSET: Onset = { windows: 0, bad: 0, weight: 0, legacyRequests: 0, legacyBad: 0 };

export function freshTrigger(design: RollbackDesign, trigger: TriggerName): TriggerState {
  return { sums: freshSums(betsOf(design, trigger)), windows: 0, bad: 0, onset: NO_ONSET };
}

/**
 * The legacy's excess over what is tolerated is taken off the candidate's share: it suffers the same incident. This only
 * ever lowers the sums, so the bound on false alarms holds. What passes the threshold and is common all the same starts anew.
 */
export function afterWindow(
  design: RollbackDesign,
  trigger: TriggerName,
  step: { readonly state: TriggerState; readonly count: WindowCount },
): TriggerState {
  const { state } = step;
  const [bad, legacyRequests, legacyBad] = typeof step.count === "number" ? [step.count, 0, 0] : step.count;
  const tolerated = design.tolerated[trigger];
  const common = legacyRequests === 0 ? 0 : Math.max(0, legacyBad / legacyRequests - tolerated);
  const share = bad / design.windowSize - common;
  const next: TriggerState = {
    sums: addFactors(state.sums, factorsOf(design, trigger, { share, bad })),
    windows: state.windows + 1,
    bad: state.bad + bad,
    onset: onsetAfter(
      state.onset,
      { bad, legacyRequests, legacyBad },
      Math.log1p(ONSET_BET * Math.max(-0.1, share - tolerated)),
    ),
  };
  const isCommon = isOverThreshold(design, next) && !exceedsLegacy(design, next);
  return isCommon ? { ...next, sums: freshSums(betsOf(design, trigger)) } : next;
}

function factorsOf(
  design: RollbackDesign,
  trigger: TriggerName,
  found: { share: number; bad: number },
): readonly number[] {
  const bets = betsOf(design, trigger);
  const tolerated = design.tolerated[trigger];
  if (design.detector === "perRequest") return requestFactors(bets, tolerated, found.bad > 0);
  return windowFactors(bets, tolerated, found.share);
}

/** Page's rule: where the sum of log factors was last at zero, the harm began. */
const ONSET_BET = 5;

function onsetAfter(
  onset: Onset,
  found: Pick<Onset, "bad" | "legacyRequests" | "legacyBad">,
  logFactor: number,
): Onset {
  const weight = onset.weight + logFactor;
  if (weight <= 0) return NO_ONSET;
  return {
    windows: onset.windows + 1,
    bad: onset.bad + found.bad,
    weight,
    legacyRequests: onset.legacyRequests + found.legacyRequests,
    legacyBad: onset.legacyBad + found.legacyBad,
  };
}

/** Without legacy requests to compare with, the absolute rate decides alone. */
function exceedsLegacy(design: RollbackDesign, state: TriggerState): boolean {
  const { legacyRequests, legacyBad } = state.onset;
  return legacyRequests === 0 || onsetRate(design, state) >= design.relative.minRatio * (legacyBad / legacyRequests);
}

function isOverThreshold(design: RollbackDesign, state: TriggerState): boolean {
  return detectorValue(state.sums) >= alarmThreshold(budgetOf(design), state.windows);
}

/** Re-arming keeps the count of windows: they have used their part of the budget. */
export function rearmedTrigger(design: RollbackDesign, trigger: TriggerName, state: TriggerState): TriggerState {
  return { ...freshTrigger(design, trigger), windows: state.windows };
}

export function triggerMeter(design: RollbackDesign, trigger: TriggerName, state: TriggerState): TriggerMeter {
  const budget = budgetOf(design);
  const value = detectorValue(state.sums);
  const threshold = alarmThreshold(budget, state.windows);
  return {
    trigger,
    value,
    threshold,
    way: Math.min(1, Math.max(0, Math.log(value) / Math.log(threshold))),
    requests: state.windows * design.windowSize,
    bad: state.bad,
    tolerated: design.tolerated[trigger],
    budgetSpent: budgetSpent(budget, state.windows),
    fired: value >= threshold,
  };
}

/** The share of bad requests since the harm began. */
export function onsetRate(design: RollbackDesign, state: TriggerState): number {
  const { windows, bad } = state.onset.windows > 0 ? state.onset : state;
  return windows === 0 ? 0 : bad / (windows * design.windowSize);
}

function budgetOf(design: RollbackDesign): FalseAlarmBudget {
  return { alpha: design.falseAlarmBudget / BUDGET_PARTS, horizon: design.horizonRequests / design.windowSize };
}
