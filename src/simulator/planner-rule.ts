// A rule like Dynamo's planner with target `sla`: a slow loop that predicts the rate and sets a lower bound, a fast one that moves by one.
import type { Demand, Latency } from "../autoscaling/index.ts";
import type { StepCost } from "../model/index.ts";
import type { PoolSeen, ScaleRule, ScrapedWorker } from "./scale-rule.ts";

export interface PlannerRuleOptions {
  readonly cost: StepCost;
  readonly maxSequences: number;
  readonly maxBatchedTokens: number;
  readonly slo: Latency;
  readonly minReplicas: number;
  readonly maxReplicas: number;
  /** Its option enable_load_scaling, which is off by default. */
  readonly loadLoop: boolean;
}

/** Defaults of ai-dynamo/dynamo, components/src/dynamo/planner: intervals of both loops, load_scaling_down_sensitivity. */
const THROUGHPUT_MS = 180_000;
const LOAD_MS = 5000;
const DOWN_SENSITIVITY = 0.8;
/** Its documentation: a worker may be ended without waiting for its requests; 5 s after SIGTERM (issue 13559). */
const KILL_AFTER_MS = 5000;
/** Local linear trend over so many intervals, as its Kalman predictor's least number of points. */
const POINTS = 5;

export function plannerRule(options: PlannerRuleOptions): ScaleRule {
  const { minReplicas, maxReplicas, loadLoop } = options;
  const rates: number[] = [];
  let floor = minReplicas;
  let plannedAt = 0;

  let seenRates: number[] = [];

  function plan({ demand }: PoolSeen): void {
    const rate = seenRates.reduce((sum, one) => sum + one, 0) / seenRates.length;
    seenRates = [];
    // Without traffic there are no figures, and it stays as it is (issue 6985).
    if (demand === undefined || !(rate > 0)) return;
    rates.push(rate);
    const engine = engineRate(options, demand);
    floor = clamp(Math.ceil(predicted(rates.slice(-POINTS)) / engine));
  }

  function clamp(replicas: number): number {
    return Math.min(maxReplicas, Math.max(minReplicas, replicas));
  }

  return {
    intervalMs: loadLoop ? LOAD_MS : THROUGHPUT_MS,
    killAfterMs: KILL_AFTER_MS,
    decide(seen, now) {
      const present = seen.workers.filter(({ state }) => state !== "draining");
      if (seen.demand !== undefined) seenRates.push(seen.demand.requestsPerSecond);
      if (now - plannedAt >= THROUGHPUT_MS) {
        plannedAt = now;
        plan(seen);
        if (!loadLoop) return { target: floor };
      }
      const isStarting = present.some(({ state }) => state === "starting");
      const isMissing = present.some(({ seenAt }) => seenAt !== now);
      if (present.length < floor) return { target: floor };
      // It holds while a change is under way, and when metrics and workers do not agree in number.
      if (isStarting || isMissing || seen.demand === undefined) return { target: present.length };
      return { target: Math.max(floor, clamp(present.length + loadStep(present, seen.demand, options))) };
    },
  };
}

/** Up when all engines exceed the objective, down when all would still be below it with one fewer. */
function loadStep(workers: readonly ScrapedWorker[], demand: Demand, options: PlannerRuleOptions): number {
  const { cost, slo } = options;
  const context = demand.promptTokens + demand.outputTokens / 2;
  const own = cost.prefillMs({ cached: 0, uncached: demand.promptTokens, decodeSequences: 0, decodeContext: 0 });
  const ttft = ({ waiting }: ScrapedWorker, times: number): number => (waiting * times + 1) * own;
  const itl = ({ running }: ScrapedWorker, times: number): number =>
    decodeStepMs(cost, Math.max(1, running * times), context);
  if (workers.every((one) => ttft(one, 1) > slo.ttftP99Ms || itl(one, 1) > slo.itlP99Ms)) return 1;
  const more = workers.length / Math.max(1, workers.length - 1);
  const isIdle = (one: ScrapedWorker): boolean =>
    ttft(one, more) - own < (slo.ttftP99Ms - own) * DOWN_SENSITIVITY &&
    one.kvUsage * more < 1 &&
    itl(one, more) < slo.itlP99Ms * DOWN_SENSITIVITY;
  return workers.every(isIdle) ? -1 : 0;
}

/** An aggregated engine's rate: the largest batch within the ITL, and prefill chunks that keep up with it. */
function engineRate({ cost, slo, maxSequences, maxBatchedTokens }: PlannerRuleOptions, demand: Demand): number {
  const { promptTokens, outputTokens } = demand;
  const context = promptTokens + outputTokens / 2;
  const fits = (batch: number): boolean =>
    stepMs(cost, batch, { context, prefill: chunk(batch, demand) }) <= slo.itlP99Ms &&
    promptTokens / (maxBatchedTokens - batch) <= outputTokens;
  let [low, high] = [1, maxSequences];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle - 1;
  }
  return (1000 * low) / (outputTokens * stepMs(cost, low, { context, prefill: chunk(low, demand) }));
}

/** Prompt tokens of a step when as many requests begin as end. */
function chunk(batch: number, { promptTokens, outputTokens }: Demand): number {
  return (batch * promptTokens) / outputTokens;
}

interface StepOf {
  readonly context: number;
  readonly prefill: number;
}

function stepMs(cost: StepCost, batch: number, { context, prefill }: StepOf): number {
  return cost.stepMs({
    tokens: batch + prefill,
    decodeSequences: batch,
    decodeContext: batch * context,
    prefillPairs: (prefill * context) / 2,
  });
}

function decodeStepMs(cost: StepCost, batch: number, context: number): number {
  return stepMs(cost, batch, { context, prefill: 0 });
}

/** Of the next interval, by least squares over the last ones. */
function predicted(rates: readonly number[]): number {
  const last = rates.at(-1) ?? 0;
  if (rates.length < POINTS) return last;
  const middle = (rates.length - 1) / 2;
  const mean = rates.reduce((sum, one) => sum + one, 0) / rates.length;
  const spread = rates.reduce((sum, _, i) => sum + (i - middle) ** 2, 0);
  const slope = rates.reduce((sum, one, i) => sum + (i - middle) * (one - mean), 0) / spread;
  return Math.max(0, mean + slope * (rates.length - middle));
}
