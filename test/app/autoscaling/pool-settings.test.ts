// What a deployment says of autoscaling is what its decisions are made with.
import assert from "node:assert/strict";
import { test } from "node:test";
import { poolSettings } from "../../../src/app/autoscaling/pool-settings.ts";
import {
  decideScale,
  type Demand,
  NEW_SCALE_STATE,
  type PoolSample,
  replayed,
  type ScaleRecord,
  type ScaleState,
  settingsOf,
} from "../../../src/autoscaling/index.ts";
import type { Deployment, Pool } from "../../../src/config/index.ts";
import { complaints, deploymentText, type JsonObject, load } from "../../config/deployment-text.ts";

const text = (autoscaling: JsonObject, more: JsonObject = {}) =>
  deploymentText({
    spec: {
      serving: {
        workers: {
          endpoints: null,
          engine: "simulated",
          profile: "llama-3.1-8b-h100-tp1-bf16",
          minReplicas: 1,
          replicas: 2,
          maxReplicas: 8,
          maxBatchSize: 64,
          speed: 4,
        },
      },
      autoscaling: { enabled: true, ...autoscaling },
      ...more,
    },
  });

function settings(autoscaling: JsonObject, more: JsonObject = {}) {
  const { deployment, pool } = deploymentOf(autoscaling, more);
  return poolSettings(deployment, pool, undefined);
}

function deploymentOf(autoscaling: JsonObject, more: JsonObject): { deployment: Deployment; pool: Pool } {
  const deployment = load(text(autoscaling, more));
  const [pool] = deployment.pools;
  assert.ok(pool);
  return { deployment, pool };
}

const demandOf = (requestsPerSecond: number): Demand => ({
  requestsPerSecond,
  promptTokens: 500,
  cachedTokens: 0,
  outputTokens: 100,
});

function sampleOf(count: number, demand: Demand, at: number, waiting = 0): PoolSample {
  const workers = Array.from({ length: count }, (_, i) => {
    return { id: `one-workers-${i}`, state: "ready" as const, seenAt: at, waiting, lossCost: i };
  });
  return { workers, demand };
}

test("fields of autoscaling are what its decisions are made with", () => {
  const slo = { ttftP99Ms: 500, itlP99Ms: 40 };
  const stated = {
    intervalSeconds: 15,
    stabilisationSeconds: 60,
    startupSeconds: 45,
    staleSeconds: 20,
    upStep: 2,
    headroom: 0.8,
  };
  const { worker, ...rest } = settings(stated, { slo });
  assert.deepEqual(rest, {
    mode: { kind: "slo" },
    minReplicas: 1,
    maxReplicas: 8,
    slo,
    headroom: 0.8,
    startupMs: 45_000,
    intervalMs: 15_000,
    stabilisationMs: 60_000,
    upStep: 2,
    staleMs: 20_000,
  });
  assert.deepEqual([worker.role, worker.profile, worker.speed], ["both", "llama-3.1-8b-h100-tp1-bf16", 4]);
  assert.equal(worker.overrides.maxSequences, 64);
  const usual = settings({ startupSeconds: 120 });
  assert.deepEqual([usual.stabilisationMs, usual.stabilisationAfterJumpMs], [180_000, 300_000], "by the start-up");
  assert.equal(settings({ startupSeconds: 5 }).stabilisationMs, 60_000);
  assert.equal(settings({}).mode.kind, "seed", "without an SLO");
  assert.deepEqual(settings({ mode: "manual" }).mode, { kind: "manual", replicas: 2 });
  const schedule = [
    { from: "08:30", replicas: 6 },
    { from: "20:00", replicas: 1 },
  ];
  assert.deepEqual(settings({ mode: "schedule", schedule }).mode, {
    kind: "schedule",
    entries: [
      { fromMinute: 510, replicas: 6 },
      { fromMinute: 1200, replicas: 1 },
    ],
  });
  assert.deepEqual(complaints(text({ mode: "schedule" })), ["spec.autoscaling.schedule: is empty in mode schedule"]);
  assert.match(complaints(text({ schedule: [{ from: "24:00", replicas: 1 }] })).join(), /schedule\[0\]\.from/);
});

test("a simulated worker that runs faster is judged as one that is faster", () => {
  const { worker } = settingsOf(settings({}));
  const slow = settingsOf({ ...settings({}), worker: { ...settings({}).worker, speed: 1 } }).worker;
  const step = { tokens: 8, decodeSequences: 8, decodeContext: 4000, prefillPairs: 0 };
  assert.equal(worker.cost.stepMs(step), slow.cost.stepMs(step) / 4);
  assert.equal(worker.maxSequences, 64);
});

test("mode seed: one worker more above either threshold, one less below both, none while it cools down", () => {
  const thresholds = {
    scaleUpThreshold: { gpuUtilization: 0.8, queueDepth: 10 },
    scaleDownThreshold: { gpuUtilization: 0.3, queueDepth: 2 },
    cooldownSeconds: 60,
    stabilisationSeconds: 0,
  };
  const made = settingsOf(settings({ mode: "seed", ...thresholds }, { slo: { ttftP99Ms: 400 } }));
  const decide = (sample: PoolSample, now: number, state: ScaleState = NEW_SCALE_STATE) =>
    decideScale(state, sample, { settings: made, now });
  const busy = decide(sampleOf(2, demandOf(5000), 0), 0);
  assert.deepEqual([busy.decision.action, busy.decision.target], ["up", 3]);
  assert.match(busy.decision.reason, /above scaleUpThreshold/);
  const queued = decide(sampleOf(2, demandOf(0.01), 0, 6), 0);
  assert.deepEqual([queued.decision.action, queued.decision.target], ["up", 3]);
  const cooling = decide(sampleOf(3, demandOf(5000), 59_000), 59_000, busy.state);
  assert.equal(cooling.decision.action, "hold");
  const again = decide(sampleOf(3, demandOf(5000), 60_000), 60_000, busy.state);
  assert.deepEqual([again.decision.action, again.decision.target], ["up", 4]);
  const idle = decide(sampleOf(3, demandOf(0.01), 0), 0);
  assert.deepEqual([idle.decision.action, idle.decision.drain], ["down", ["one-workers-0"]]);
});

test("a decision that was written to a file is made again from its line, and a changed one is found", () => {
  const recorded = settings({}, { slo: { ttftP99Ms: 400 } });
  const sample: PoolSample = {
    ...sampleOf(2, demandOf(3000), 1000),
    observed: { ttftP99Ms: 380, itlP99Ms: Number.NaN },
  };
  const { decision, state } = decideScale(NEW_SCALE_STATE, sample, { settings: settingsOf(recorded), now: 1000 });
  const first: ScaleRecord = {
    pool: "one-workers",
    model: "m",
    settings: recorded,
    before: NEW_SCALE_STATE,
    sample,
    decision,
    applied: "",
  };
  const next = decideScale(state, sample, { settings: settingsOf(recorded), now: 2000 });
  for (const record of [first, { ...first, before: state, decision: next.decision }]) {
    const read = JSON.parse(JSON.stringify(record)) as ScaleRecord;
    assert.equal(replayed(read), undefined);
    const changed = { ...read, decision: { ...read.decision, target: read.decision.target + 1 } };
    assert.equal(replayed(changed)?.target, read.decision.target);
  }
});
