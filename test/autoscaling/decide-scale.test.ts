// The autoscaler's decision: bounds, steps, stabilisation, missing figures, and what it says of itself.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import {
  decideScale,
  type Demand,
  NEW_SCALE_STATE,
  type PoolSample,
  predictLatency,
  type ScaleDecision,
  type ScaleSettings,
  type ScaleState,
  type WorkerSeen,
} from "../../src/autoscaling/index.ts";
import { loadProfile, profileNames, stepCost } from "../../src/model/index.ts";

const cost = stepCost(loadProfile(profileNames()[0] ?? ""));
const SETTINGS: ScaleSettings = {
  mode: { kind: "slo" },
  minReplicas: 1,
  maxReplicas: 16,
  slo: { ttftP99Ms: 2000, itlP99Ms: 100 },
  headroom: 0.9,
  startupMs: 120_000,
  intervalMs: 10_000,
  stabilisationMs: 120_000,
  upStep: 4,
  staleMs: 30_000,
  worker: { role: "both", cost, maxSequences: 256 },
};

const demandOf = (requestsPerSecond: number): Demand => ({
  requestsPerSecond,
  promptTokens: 1000,
  cachedTokens: 0,
  outputTokens: 200,
});

function workers(count: number, seenAt: number, more: Partial<WorkerSeen> = {}): WorkerSeen[] {
  return Array.from({ length: count }, (_, i) => {
    return { id: `w${i}`, state: "ready", seenAt, waiting: 0, lossCost: i, ...more };
  });
}

/** The pool follows each decision at once. */
function run(rates: readonly number[], settings = SETTINGS, start = 1): ScaleDecision[] {
  let state: ScaleState = NEW_SCALE_STATE;
  let count = start;
  return rates.map((rate, i) => {
    const now = i * settings.intervalMs;
    const sample = { workers: workers(count, now), demand: demandOf(rate) };
    const decided = decideScale(state, sample, { settings, now });
    state = decided.state;
    count = decided.decision.target;
    return decided.decision;
  });
}

/** What one worker takes within the SLO. */
function knee(): number {
  let rate = 0.1;
  const meets = (one: number): boolean => {
    const { ttftP99Ms, itlP99Ms } = predictLatency(SETTINGS.worker, demandOf(one));
    return ttftP99Ms <= 0.9 * 2000 && itlP99Ms <= 90;
  };
  while (meets(rate + 0.1)) rate += 0.1;
  return rate;
}

test("a higher rate never has a lower predicted latency", () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 50, noNaN: true }), fc.double({ min: 0, max: 50, noNaN: true }), (a, b) => {
      const [low, high] = [Math.min(a, b), Math.max(a, b)].map((one) => predictLatency(SETTINGS.worker, demandOf(one)));
      assert.ok(low && high && low.ttftP99Ms <= high.ttftP99Ms + 0.5 && low.itlP99Ms <= high.itlP99Ms + 0.5);
    }),
  );
});

test("bounds, step limit, one at a time: whatever the load does", () => {
  const rates = fc.array(fc.double({ min: 0, max: 500, noNaN: true }), { minLength: 1, maxLength: 60 });
  const modes = fc.constantFrom<ScaleSettings["mode"]>(
    { kind: "slo" },
    { kind: "manual", replicas: 99 },
    {
      kind: "schedule",
      entries: [
        { fromMinute: 0, replicas: 0 },
        { fromMinute: 3, replicas: 9 },
      ],
    },
    {
      kind: "seed",
      up: { gpuUtilization: 0.8, queueDepth: 50 },
      down: { gpuUtilization: 0.35, queueDepth: 5 },
      cooldownMs: 30_000,
    },
  );
  fc.assert(
    fc.property(rates, modes, fc.integer({ min: 2, max: 6 }), (all, mode, start) => {
      for (const one of run(all, { ...SETTINGS, mode, minReplicas: 2, maxReplicas: 6 }, start)) {
        assert.ok(one.target >= 2 && one.target <= 6, JSON.stringify(one));
        assert.ok(one.target - one.current <= SETTINGS.upStep && one.current - one.target <= 1);
        assert.equal(one.drain.length, one.current - one.target > 0 ? 1 : 0);
        assert.ok(one.reason.length > 0);
      }
    }),
  );
});

test("slo: up at once, by as many as are needed; down after the stabilisation time, the cheapest loss first", () => {
  const one = knee();
  const high = run([one * 0.5, one * 3.5])[1];
  assert.equal(high?.action, "up");
  assert.ok(high.target >= 4 && high.target <= 5, `${high.target}`);
  const low = run(
    Array.from({ length: 20 }, () => one * 0.5),
    SETTINGS,
    4,
  );
  const firstDown = low.findIndex(({ action }) => action === "down");
  assert.equal(firstDown, SETTINGS.stabilisationMs / SETTINGS.intervalMs);
  assert.deepEqual(low[firstDown]?.drain, ["w0"]);
  assert.equal(low[firstDown]?.alternatives.find(({ replicas }) => replicas === 3)?.meetsSlo, true);
});

test("slo: growth is met before it comes", () => {
  const one = knee();
  const flat = run([one * 0.8, one * 0.8, one * 0.8, one * 0.8], SETTINGS, 1).at(-1);
  const growing = run([one * 0.5, one * 0.6, one * 0.7, one * 0.8], SETTINGS, 1).at(-1);
  assert.equal(flat?.target, 1);
  assert.ok((growing?.target ?? 0) > 1, "only the rate of now was counted");
});

test("without figures it holds and says so; without those of one worker it goes on", () => {
  const decide = (sample: PoolSample): ScaleDecision =>
    decideScale(NEW_SCALE_STATE, sample, { settings: SETTINGS, now: 100_000 }).decision;
  const stale = decide({ workers: workers(4, 1000), demand: demandOf(1000) });
  assert.equal(stale.action, "hold");
  assert.match(stale.alarm ?? "", /w0, w1, w2, w3/);
  const nothing = decide({ workers: workers(4, 100_000), demand: undefined });
  assert.deepEqual([nothing.action, nothing.target], ["hold", 4]);
  assert.match(nothing.alarm ?? "", /arrival rate/);
  const [broken, ...rest] = workers(4, 100_000);
  assert.ok(broken);
  const partly = decide({ workers: [{ ...broken, seenAt: undefined }, ...rest], demand: demandOf(1000) });
  assert.equal(partly.action, "up");
  assert.match(partly.alarm ?? "", /w0/);
  const joined = decide({ workers: [{ ...broken, seenAt: undefined, isNew: true }, ...rest], demand: demandOf(1000) });
  assert.deepEqual([joined.alarm, joined.inputs.unseen], [undefined, ["w0"]]);
});

test("requests slower than predicted need more workers: the capacity model is corrected", () => {
  const rate = knee() * 1.8;
  const observed = { ttftP99Ms: 2500, itlP99Ms: 250 };
  let state = NEW_SCALE_STATE;
  const targets: number[] = [];
  for (let i = 0; i < 10; i++) {
    const now = i * SETTINGS.intervalMs;
    const sample = { workers: workers(2, now), demand: demandOf(rate), observed };
    const decided = decideScale(state, sample, { settings: SETTINGS, now });
    state = decided.state;
    targets.push(decided.decision.target);
  }
  assert.ok((targets.at(-1) ?? 0) > (targets[0] ?? 0), targets.join(" "));
});

test("seed: above either figure up, below both down, and nothing within the cooldown", () => {
  const mode = {
    kind: "seed",
    up: { gpuUtilization: 0.8, queueDepth: 50 },
    down: { gpuUtilization: 0.35, queueDepth: 5 },
    cooldownMs: 60_000,
  } as const;
  const settings = { ...SETTINGS, mode, stabilisationMs: 0 };
  const decide = (rate: number, waiting: number, changedAt?: number): string =>
    decideScale(
      { ...NEW_SCALE_STATE, changedAt },
      { workers: workers(3, 100_000, { waiting }), demand: demandOf(rate) },
      { settings, now: 100_000 },
    ).decision.action;
  assert.equal(decide(0.1, 17), "up");
  assert.equal(decide(0.1, 0), "down");
  assert.equal(decide(0.1, 2), "hold");
  assert.equal(decide(1000, 0), "up");
  assert.equal(decide(1000, 0, 50_000), "hold");
});
