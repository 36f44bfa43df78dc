// The rollback rule of a plan: which detector, against what rates, under what false-alarm budget.
import { requestAlternatives, windowBets } from "../../stats/index.ts";
import type { TriggerName } from "./evidence.ts";
import type { TtftThreshold } from "./ttft-threshold.ts";

export type DetectorKind =
  /** Bets on windows; bursts of failures inside a window count once. */
  | "windowed"
  /** Likelihood ratios of single requests; faster, valid only without bursts. */
  | "perRequest"
  /** The seed's rule on the rates of the last check interval. */
  | "fixedWindow";

export interface RollbackDesign {
  readonly detector: DetectorKind;
  /** Candidate requests per window; 1 for perRequest. */
  readonly windowSize: number;
  /** Tolerated share of bad requests per trigger. */
  readonly tolerated: Readonly<Record<TriggerName, number>>;
  readonly ttft: TtftThreshold;
  /** Probability of a false rollback over the whole plan: a quarter per trigger and one for the relative guard. */
  readonly falseAlarmBudget: number;
  /** Candidate requests and check intervals that the plan needs if nothing holds it up. */
  readonly horizonRequests: number;
  readonly horizonIntervals: number;
  readonly relative: { readonly minRatio: number; readonly minEvents: number };
}

/** The seed's three rates. */
export const TOLERATED: RollbackDesign["tolerated"] = { error: 0.01, ttft: 0.01, timeout: 0.05 };
export const WINDOW_SIZE = 30;
export const FALSE_ALARM_BUDGET = 0.04;
export const RELATIVE_GUARD = { minRatio: 1.5, minEvents: 10 };

/** Parts of the budget: error, ttft, timeout, relative guard. */
export const BUDGET_PARTS = 4;

export function betsOf(design: RollbackDesign, trigger: TriggerName): readonly number[] {
  const tolerated = design.tolerated[trigger];
  return design.detector === "perRequest" ? requestAlternatives(tolerated) : windowBets(tolerated);
}
