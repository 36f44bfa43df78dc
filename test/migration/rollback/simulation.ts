// Virtual traffic for the rollback detectors: bad requests in bursts, windows of 30, fixed seeds.
import { ttftThreshold } from "../../../src/migration/index.ts";
import { type Random, seededRandom } from "../../../src/core/index.ts";
import {
  FALSE_ALARM_BUDGET,
  RELATIVE_GUARD,
  type RollbackDesign,
  TOLERATED,
  WINDOW_SIZE,
} from "../../../src/migration/rollback/design.ts";
import type { TriggerName } from "../../../src/migration/rollback/evidence.ts";
import {
  afterWindow,
  freshTrigger,
  triggerMeter,
  type TriggerState,
} from "../../../src/migration/rollback/trigger-detector.ts";

/** Candidate requests of the seed's schedule at 100 requests/s. */
export const SEED_REQUESTS = 45_446_400;

export const design: RollbackDesign = {
  detector: "windowed",
  windowSize: WINDOW_SIZE,
  tolerated: TOLERATED,
  ttft: ttftThreshold({}),
  falseAlarmBudget: FALSE_ALARM_BUDGET,
  horizonRequests: SEED_REQUESTS,
  horizonIntervals: 40_320,
  relative: RELATIVE_GUARD,
};

/** Bad requests among the next n, when they come in runs of `burst` and make up `rate` of all. */
export function badRequests(random: Random, rate: number, burst: number): (n: number) => number {
  const start = rate / (burst * (1 - rate) + rate);
  let left = 0;
  return (n) => {
    let bad = 0;
    for (let i = 0; i < n; i++) {
      if (left === 0 && random.next() < start) left = burst;
      if (left > 0) {
        left--;
        bad++;
      }
    }
    return bad;
  };
}

/** Independent bad requests of n, by inversion: one draw per window. */
export function binomialDraw(random: Random, n: number, rate: number): () => number {
  const none = (1 - rate) ** n;
  return () => {
    let [left, k, term] = [random.next(), 0, none];
    while (left > term && k < n) {
      left -= term;
      term *= ((n - k) / (k + 1)) * (rate / (1 - rate));
      k++;
    }
    return k;
  };
}

export interface Fault {
  readonly rate: number;
  readonly burst: number;
  readonly seed: number;
  readonly trigger?: TriggerName;
  readonly by?: RollbackDesign;
}

/** Likelihood ratios of single requests. */
export const perRequest: RollbackDesign = { ...design, detector: "perRequest", windowSize: 1 };

/** Requests from the start of the fault to the alarm, after 9000 healthy requests with 0.2 % bad ones. */
export function requestsToAlarm({ rate, burst, seed, trigger = "error", by = design }: Fault): number {
  const random = seededRandom(`${seed} ${rate} ${burst}`);
  const healthy = badRequests(random, 0.002, burst);
  const size = by.windowSize;
  let state = freshTrigger(by, trigger);
  for (let i = 0; i < 9000; i += size) state = afterWindow(by, trigger, { state, count: healthy(size) });
  const faulty = badRequests(random, rate, burst);
  for (let requests = size; ; requests += size) {
    state = afterWindow(by, trigger, { state, count: faulty(size) });
    if (triggerMeter(by, trigger, state).fired) return requests;
  }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Does any of these windows raise an alarm? */
export function alarmsIn(windows: number, trigger: TriggerName, draw: () => number): boolean {
  let state: TriggerState = freshTrigger(design, trigger);
  for (let i = 0; i < windows; i++) {
    state = afterWindow(design, trigger, { state, count: draw() });
    if (triggerMeter(design, trigger, state).fired) return true;
  }
  return false;
}
