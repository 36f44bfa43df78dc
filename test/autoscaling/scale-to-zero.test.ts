// The last worker of a pool goes when nobody asks for long, and the first one comes when somebody waits.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  decideScale,
  NEW_SCALE_STATE,
  type PoolSample,
  type ScaleDecision,
  type ScaleMode,
  type ScaleSettings,
} from "../../src/autoscaling/index.ts";
import { loadProfile, stepCost } from "../../src/model/index.ts";

const SEED: ScaleMode = {
  kind: "seed",
  up: { gpuUtilization: 0.8, queueDepth: 10 },
  down: { gpuUtilization: 0.3, queueDepth: 2 },
  cooldownMs: 0,
};

const settings = (more: Partial<ScaleSettings> = {}): ScaleSettings => ({
  mode: { kind: "slo" },
  minReplicas: 0,
  maxReplicas: 4,
  slo: { ttftP99Ms: 1000, itlP99Ms: 100 },
  headroom: 0.9,
  startupMs: 60_000,
  intervalMs: 10_000,
  stabilisationMs: 0,
  upStep: 4,
  staleMs: 60_000,
  idleMs: 60_000,
  worker: { role: "both", cost: stepCost(loadProfile("llama-3.1-8b-h100-tp1-bf16")), maxSequences: 64 },
  ...more,
});

function sample(workers: number, now: number, more: Partial<PoolSample> = {}): PoolSample {
  return {
    workers: Array.from({ length: workers }, (_, i) => {
      return { id: `w${i}`, state: "ready" as const, seenAt: now, waiting: 0, lossCost: 0 };
    }),
    demand: { requestsPerSecond: 0, promptTokens: 1, cachedTokens: 0, outputTokens: 1 },
    running: 0,
    queued: 0,
    ...more,
  };
}

/** The pool follows; `at`: what is seen at each decision. */
function follow(
  steps: number,
  made: ScaleSettings,
  at: (step: number) => Partial<PoolSample> = () => ({}),
): ScaleDecision[] {
  let [state, count] = [NEW_SCALE_STATE, 1];
  return Array.from({ length: steps }, (_, step) => {
    const now = step * made.intervalMs;
    const decided = decideScale(state, sample(count, now, at(step)), { settings: made, now });
    state = decided.state;
    count = decided.decision.target;
    return decided.decision;
  });
}

test("it goes after the idle time, in the modes slo and seed, and not before", () => {
  for (const mode of [{ kind: "slo" }, SEED] as const) {
    const targets = follow(10, settings({ mode })).map(({ target }) => target);
    assert.deepEqual(targets, [1, 1, 1, 1, 1, 1, 0, 0, 0, 0], mode.kind);
  }
});

test("a request that runs or waits, and a demand that is not known, begin the idle time again", () => {
  for (const busy of [{ running: 1 }, { queued: 1 }, { demand: undefined }, { running: undefined }]) {
    const targets = follow(12, settings(), (step) => (step === 5 ? busy : {})).map(({ target }) => target);
    assert.equal(targets[11], 1);
    assert.ok(!targets.includes(0), JSON.stringify(busy));
  }
});

test("with a lower bound of 1, or a number by hand, nothing goes for being idle", () => {
  assert.ok(follow(20, settings({ minReplicas: 1 })).every(({ target }) => target === 1));
  assert.ok(follow(20, settings({ mode: { kind: "manual", replicas: 1 } })).every(({ target }) => target === 1));
});

test("one comes when requests wait, although nothing is known of them", () => {
  const decide = (more: Partial<PoolSample>) =>
    decideScale(NEW_SCALE_STATE, sample(0, 0, more), { settings: settings(), now: 0 }).decision;
  const woken = decide({ queued: 3, demand: undefined });
  assert.deepEqual([woken.action, woken.target, woken.cause], ["up", 1, "zero"]);
  assert.match(woken.reason, /3 requests wait/);
  assert.deepEqual([decide({}).action, decide({}).target], ["hold", 0]);
});
