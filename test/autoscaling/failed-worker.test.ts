// A worker that ended too often before it served: it keeps its place, nobody waits for it, and it is told.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  decideScale,
  type Demand,
  NEW_SCALE_STATE,
  type ScaleDecision,
  type ScaleMode,
  type WorkerSeen,
} from "../../src/autoscaling/index.ts";
import { PROMPT_SETTINGS } from "./prompt-settings.ts";

const demand: Demand = { requestsPerSecond: 0.1, promptTokens: 1000, cachedTokens: 0, outputTokens: 200 };

interface Case {
  readonly states: readonly WorkerSeen["state"][];
  readonly max: number;
  readonly min?: number;
  readonly mode?: ScaleMode;
}

function decide({ states, max, min = 1, mode = { kind: "slo" } }: Case): ScaleDecision {
  const workers = states.map((state, i) => ({ id: `w${i}`, state, seenAt: 0, waiting: 0, lossCost: i }));
  const settings = { ...PROMPT_SETTINGS, mode, minReplicas: min, maxReplicas: max };
  return decideScale(NEW_SCALE_STATE, { workers, demand }, { settings, now: 0 }).decision;
}

test("another one is started in its place, while the upper bound leaves room", () => {
  const asked: ScaleMode = { kind: "manual", replicas: 2 };
  const { action, current, target, alarm } = decide({ states: ["ready", "failed"], max: 3, mode: asked });
  assert.deepEqual([action, current, target], ["up", 1, 2]);
  assert.equal(alarm, "ended too often and stays down: w1");
  const full = decide({ states: ["ready", "failed", "failed"], max: 3, mode: asked });
  assert.deepEqual([full.action, full.target], ["hold", 1]);
  const none = decide({ states: ["failed", "failed"], max: 2, min: 2 });
  assert.deepEqual([none.action, none.target], ["hold", 0]);
});

test("none that serves goes for it, not even with less room than before", () => {
  const { action, drain } = decide({ states: ["ready", "failed"], max: 1 });
  assert.deepEqual([action, drain], ["hold", []]);
  assert.equal(decide({ states: ["ready", "starting"], max: 4 }).alarm, undefined);
});

test("it takes no part in what is learnt: workers that start do, it does not", () => {
  const settings = { states: ["ready", "failed"], max: 4 } as const;
  assert.equal(decide(settings).current, 1);
  assert.deepEqual(decide({ states: ["ready", "ready", "failed"], max: 4 }).drain, ["w0"], "the one that is ready");
});
