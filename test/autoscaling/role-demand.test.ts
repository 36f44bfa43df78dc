// Pools with roles are sized by the part of each request that they really get.
import assert from "node:assert/strict";
import { test } from "node:test";
import { decideScale, type Demand, NEW_SCALE_STATE, predictLatency } from "../../src/autoscaling/index.ts";
import { COST, PROMPT_SETTINGS } from "./prompt-settings.ts";

const demand: Demand = { requestsPerSecond: 4, promptTokens: 2000, cachedTokens: 0, outputTokens: 200 };

test("prompts that a decode worker computes itself make its answers slower, and without any it is as before", () => {
  const worker = { role: "decode", cost: COST, maxSequences: 256 } as const;
  const at = (wholeShare?: number) => predictLatency(worker, { ...demand, wholeShare });
  assert.deepEqual(at(0), at());
  assert.ok(at(0.5).itlP99Ms > at(0).itlP99Ms && at(0.5).ttftP99Ms > at(0).ttftP99Ms);
  assert.ok(at(1).ttftP99Ms >= at(0.5).ttftP99Ms);
});

test("lengths are learnt from the first request on, not from the time before it", () => {
  const workers = [{ id: "w0", state: "ready", seenAt: 0, waiting: 0, lossCost: 0 }] as const;
  const idle = { requestsPerSecond: 0, promptTokens: 1, cachedTokens: 0, outputTokens: 1 };
  const first = decideScale(NEW_SCALE_STATE, { workers, demand: idle }, { settings: PROMPT_SETTINGS, now: 0 });
  const { decision, state } = decideScale(first.state, { workers, demand }, { settings: PROMPT_SETTINGS, now: 1000 });
  assert.deepEqual(state.lengths, { promptTokens: 2000, cachedTokens: 0, outputTokens: 200 });
  assert.equal(decision.action, "hold");
});
