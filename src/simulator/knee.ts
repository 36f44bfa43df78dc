// The knee: the highest load at which the fleet still meets its SLO, by bisection.
import type { Scenario } from "./scenario.ts";
import type { SimulationResult } from "./simulation-result.ts";

export interface Knee {
  /** Factor on the trace's arrivals; 0 when even the lowest load misses the goal. */
  readonly speed: number;
  readonly requestsPerSecond: number;
  readonly runs: number;
}

export interface KneeOptions {
  /** Share of requests that must meet the SLO. */
  readonly goodput: number;
  /** Relative width at which the search stops. */
  readonly precision: number;
  readonly run: (scenario: Scenario) => SimulationResult;
}

const LOWEST = 1 / 64;
const HIGHEST = 64;

/** Doubles or halves the scenario's speed until the goal lies between two loads, then bisects. */
export function findKnee(scenario: Scenario, { goodput, precision, run }: KneeOptions): Knee {
  let runs = 0;
  let rate = 0;
  const meets = (speed: number): boolean => {
    runs++;
    const { summary } = run({ ...scenario, speed });
    const met = summary.goodputFraction >= goodput;
    if (met) rate = summary.requestsPerSecond;
    return met;
  };
  let low = scenario.speed;
  let high = low;
  if (meets(low)) {
    do high *= 2;
    while (high < HIGHEST && meets(high) && (low = high) > 0);
  } else {
    do low /= 2;
    while (low > LOWEST && !meets(low) && (high = low) > 0);
    if (low <= LOWEST) return { speed: 0, requestsPerSecond: 0, runs };
  }
  while (high / low > 1 + precision) {
    // The geometric mean: precision is relative.
    const middle = Math.sqrt(low * high);
    if (meets(middle)) low = middle;
    else high = middle;
  }
  return { speed: low, requestsPerSecond: rate, runs };
}
