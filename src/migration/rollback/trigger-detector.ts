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
import type { TriggerName } from "./evidence.ts";

export interface TriggerState {
  readonly sums: DetectorSums;
  readonly windows: number;
  readonly bad: number;
  /** Since the evidence last pointed at all to harm: what the message quotes. */
  readonly onset: { readonly windows: number; readonly bad: number; readonly weight: number };
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

const NO_ONSET = { windows: 0, bad: 0, weight: 0 };

export function freshTrigger(design: RollbackDesign, trigger: TriggerName): TriggerState {
  return { sums: freshSums(betsOf(design, trigger)), windows: 0, bad: 0, onset: NO_ONSET };
}

export function afterWindow(
  design: RollbackDesign,
  trigger: TriggerName,
  step: { readonly state: TriggerState; readonly bad: number },
): TriggerState {
  const { state, bad } = step;
  const tolerated = design.tolerated[trigger];
  const bets = betsOf(design, trigger);
  const factors =
    design.detector === "perRequest"
      ? requestFactors(bets, tolerated, bad > 0)
      : windowFactors(bets, tolerated, bad / design.windowSize);
  return {
    sums: addFactors(state.sums, factors),
    windows: state.windows + 1,
    bad: state.bad + bad,
    onset: onsetAfter(state.onset, bad, Math.log1p(ONSET_BET * (bad / design.windowSize - tolerated))),
  };
}

/** Page's rule: where the sum of log factors was last at zero, the harm began. */
const ONSET_BET = 5;

function onsetAfter(onset: TriggerState["onset"], bad: number, logFactor: number): TriggerState["onset"] {
  const weight = onset.weight + logFactor;
  return weight <= 0 ? NO_ONSET : { windows: onset.windows + 1, bad: onset.bad + bad, weight };
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
