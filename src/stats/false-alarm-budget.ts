// The threshold of an e-detector that keeps false alarms within a budget, however long the run becomes.

/** Part of the budget for the planned horizon; each doubling beyond it takes half of what is left. */
const PLANNED = 0.8;

export interface FalseAlarmBudget {
  /** Probability of a false alarm over everything. */
  readonly alpha: number;
  /** Observations planned. */
  readonly horizon: number;
}

/**
 * M − t is a supermartingale while nothing is wrong, so P(M reaches c within t observations) ≤ t/c. Stage j covers
 * 2ʲ·horizon observations with its own part of alpha; the parts add up to alpha.
 */
export function alarmThreshold({ alpha, horizon }: FalseAlarmBudget, observed: number): number {
  let [until, part, left] = [Math.max(1, horizon), PLANNED, 1 - PLANNED];
  while (observed > until) {
    until *= 2;
    part = left / 2;
    left /= 2;
  }
  return until / (alpha * part);
}

/** How much of alpha the run has used up to now, 0…1. */
export function budgetSpent({ alpha, horizon }: FalseAlarmBudget, observed: number): number {
  let [until, part, left, spent] = [Math.max(1, horizon), PLANNED, 1 - PLANNED, 0];
  while (observed > until) {
    spent += part;
    until *= 2;
    part = left / 2;
    left /= 2;
  }
  return alpha === 0 ? 0 : Math.min(1, spent + (part * observed) / until);
}
