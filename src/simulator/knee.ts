// The knee: the highest load at which the fleet still meets its SLO, by bisection.
import type { Scenario } from "./scenario.ts";
import type { SimulationResult } from "./simulation-result.ts";

export interface Knee {
  /** Factor on the trace's arrivals; 0 when even the lowest load misses the goal. */
  readonly speed: number;
  readonly requestsPerSecond: number;
  readonly runs: number;
  /** No load that was tried missed the goal. */
  readonly atLeast?: true;
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

/** What is known while the search goes on: the knee lies between. */
export interface KneeStep {
  /** To be run next. */
  readonly scenario: Scenario;
  readonly runs: number;
  /** Highest speed that met the goal; 0 = none yet. */
  readonly low: number;
  /** Requests a second that came at that speed: while a short trace drains, fewer are served. */
  readonly rate: number;
  /** Lowest speed that missed it; Infinity = none yet. */
  readonly high: number;
}

export function findKnee(scenario: Scenario, { run, ...options }: KneeOptions): Knee {
  const search = kneeSearch(scenario, options);
  let step = search.next();
  while (step.done !== true) step = search.next(run(step.value.scenario));
  return step.value;
}

/** Doubles or halves the scenario's speed until the goal lies between two loads, then bisects. Wants the result of each step. */
export function* kneeSearch(
  scenario: Scenario,
  { goodput, precision }: Omit<KneeOptions, "run">,
): Generator<KneeStep, Knee, SimulationResult> {
  let runs = 0;
  let rate = 0;
  let low = 0;
  let high = Number.POSITIVE_INFINITY;
  function* meets(speed: number): Generator<KneeStep, boolean, SimulationResult> {
    const { summary, offeredPerSecond } = yield { scenario: { ...scenario, speed }, runs, low, rate, high };
    runs++;
    const met = summary.goodputFraction >= goodput;
    if (met) [rate, low] = [offeredPerSecond, speed];
    else high = speed;
    return met;
  }
  let speed = scenario.speed;
  if (yield* meets(speed)) {
    do speed *= 2;
    while (speed <= HIGHEST && (yield* meets(speed)));
    if (high === Number.POSITIVE_INFINITY) return { speed: low, requestsPerSecond: rate, runs, atLeast: true };
  } else {
    do speed /= 2;
    while (speed > LOWEST && !(yield* meets(speed)));
    if (low === 0) return { speed: 0, requestsPerSecond: 0, runs };
  }
  // The geometric mean: precision is relative.
  while (high / low > 1 + precision) yield* meets(Math.sqrt(low * high));
  return { speed: low, requestsPerSecond: rate, runs };
}
