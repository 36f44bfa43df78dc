// When a worker is given up, and how long it waits before the next start.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { seededRandom } from "../../../src/core/index.ts";
import { isCrashLoop, restartDelay } from "../../../src/fleet/launcher/crash-loop.ts";

const RULE = { deaths: 3, windowMs: 1000 };
const died = (at: number, wasReady = true) => ({ at, wasReady });

test("so many deaths within the window are a crash loop, and one fewer or slower ones are not", () => {
  assert.ok(isCrashLoop([died(0), died(500), died(1000)], RULE, 1000));
  assert.ok(!isCrashLoop([died(500), died(1000)], RULE, 1000));
  assert.ok(!isCrashLoop([died(0), died(500), died(1001)], RULE, 1001));
});

test("starts that never came to answer are a crash loop however long each took", () => {
  const slow = [died(0, false), died(10_000, false), died(20_000, false)];
  assert.ok(isCrashLoop(slow, RULE, 20_000));
  assert.ok(!isCrashLoop([died(0, false), died(10_000, true), died(20_000, false)], RULE, 20_000));
});

test("the delay doubles up to 30 s, and at the most half of it is left to chance", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2000 }), fc.integer(), (failures, seed) => {
      const whole = Math.min(30_000, 500 * 2 ** Math.min(failures - 1, 20));
      const delay = restartDelay(failures, seededRandom(seed));
      assert.ok(delay >= Math.floor(whole / 2) && delay <= whole, `${delay} of ${whole}`);
    }),
  );
  assert.notEqual(restartDelay(5, seededRandom("a")), restartDelay(5, seededRandom("b")));
});
