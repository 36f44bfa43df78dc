// GPUs of one machine that go from one scaling pool to another, one worker at a time.
import assert from "node:assert/strict";
import { test } from "node:test";
import { NEW_SCALE_STATE, type ScaleDecision } from "../../../src/autoscaling/index.ts";
import { poolSettings } from "../../../src/app/autoscaling/pool-settings.ts";
import { gpuShares, type SharedPool } from "../../../src/app/launch/share-gpus.ts";
import { type DeviceClaim, deviceLedger } from "../../../src/fleet/index.ts";
import { deploymentText, load } from "../../config/deployment-text.ts";

/** Requests a second that no worker takes, and that one hardly feels. */
const [MANY, FEW] = [10_000, 0.001];

function deployment(name: string, priority: number): SharedPool["deployment"] {
  const workers = {
    endpoints: null,
    engine: "simulated",
    profile: "llama-3.1-8b-h100-tp1-bf16",
    minReplicas: 1,
    replicas: 2,
    maxReplicas: 3,
  };
  const devices = ["0", "1", "2", "3"].map((id) => ({ id }));
  const spec = {
    model: { name },
    serving: { workers },
    slo: { ttftP99Ms: 1000, itlP99Ms: 50 },
    autoscaling: { enabled: true },
    launcher: { priority, gpus: { devices } },
  };
  return load(deploymentText({ metadata: { name }, spec }));
}

/** Two models on four GPUs; `counts` and `priorities` of each. */
function two(counts: readonly [number, number], priorities: readonly [number, number] = [1, 1]) {
  const gpus = deviceLedger(
    ["0", "1", "2", "3"].map((id) => ({ id })),
    { share: false },
  );
  const replicas = [...counts];
  const claims: DeviceClaim[][] = ["x", "y"].map((name, i) =>
    Array.from({ length: counts[i] ?? 0 }, (_, n) => ({
      id: `${name}-workers-${n}`,
      pool: name,
      count: 1,
      share: 0.9,
    })),
  );
  for (const claim of claims.flat()) gpus.take(claim);
  const deployments = ["x", "y"].map((name, i) => deployment(name, priorities[i] ?? 1));
  const pools = (): ReadonlyMap<string, SharedPool> =>
    new Map(
      deployments.map((one, i) => {
        const [pool] = one.pools;
        assert.ok(pool);
        return [`${one.name}-workers`, { deployment: one, pool, replicas: replicas[i] ?? 0 }];
      }),
    );
  const shares = gpuShares(gpus, pools);
  return {
    /** The upper bound of pool i when it expects so many requests a second. */
    most: (i: 0 | 1, rate: number | undefined): number => {
      const name = `${i === 0 ? "x" : "y"}-workers`;
      const found = pools().get(name);
      assert.ok(found);
      const settings = poolSettings(found.deployment, found.pool, undefined);
      return shares.limited(name, settings, rate === undefined ? undefined : decision(rate)).maxReplicas;
    },
    /** One of its workers drains, and is gone. */
    leaves: (i: 0 | 1): (() => void) => {
      replicas[i] = (replicas[i] ?? 0) - 1;
      const last = claims[i]?.pop();
      return () => last && gpus.give(last);
    },
  };
}

function decision(rate: number): ScaleDecision {
  const demand = { requestsPerSecond: rate, promptTokens: 500, cachedTokens: 0, outputTokens: 100 };
  const inputs = {
    demand,
    expectedRequestsPerSecond: rate,
    correction: NEW_SCALE_STATE.correction,
    waiting: 0,
    unseen: [],
  };
  return {
    at: 0,
    action: "hold",
    current: 1,
    target: 1,
    drain: [],
    reason: "",
    cause: "slo",
    alarm: undefined,
    alternatives: [],
    inputs,
  };
}

test("an idle model gives a GPU to a busy one, which has it when the worker is gone", () => {
  const { most, leaves } = two([3, 1]);
  assert.equal(most(0, FEW), 3, "of the other nothing is known yet");
  assert.equal(most(1, MANY), 1, "no GPU is free");
  assert.equal(most(0, FEW), 2, "one at a time");
  const gone = leaves(0);
  assert.equal(most(1, MANY), 1, "it still ends its requests there");
  gone();
  assert.equal(most(1, MANY), 2);
});

test("free GPUs are had at once, and a model that needs them comes before one that does not", () => {
  const { most } = two([1, 1]);
  assert.equal(most(0, FEW), 3);
  assert.equal(most(1, MANY), 3);
  assert.equal(most(0, FEW), 1);
});

test("two models that are as busy keep what they have", () => {
  const { most } = two([2, 2]);
  most(0, MANY);
  assert.deepEqual([most(1, MANY), most(0, MANY)], [2, 2]);
});

test("launcher.priority: the GPU that two models want goes to the one that counts more", () => {
  const { most } = two([2, 2], [1, 5]);
  most(0, MANY);
  most(1, MANY);
  assert.equal(most(0, MANY), 1);
});

test("without an inventory, or alone, a pool has its own bounds", () => {
  const one = deployment("x", 1);
  const [pool] = one.pools;
  assert.ok(pool);
  const settings = poolSettings(one, pool, undefined);
  const alone = new Map([["x-workers", { deployment: one, pool, replicas: 2 }]]);
  assert.equal(gpuShares(undefined, () => alone).limited("x-workers", settings, decision(MANY)), settings);
  const ledger = deviceLedger([{ id: "0" }], { share: false });
  assert.equal(gpuShares(ledger, () => alone).limited("x-workers", settings, decision(MANY)), settings);
});
