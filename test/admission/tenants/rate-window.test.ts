// Rates: no 60 seconds, wherever they begin, hold more than the limit; counts never go below 0 or out of range.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { rateWindow } from "../../../src/admission/tenants/rate-window.ts";

test("what fits is added at once, what does not fits after the time that was told", () => {
  const window = rateWindow(10);
  assert.equal(window.waitFor(10, 0), 0);
  window.add(10, 500);
  const wait = window.waitFor(1, 30_000);
  assert.ok(wait > 0 && Number.isFinite(wait));
  assert.ok(window.waitFor(1, 30_000 + wait - 1) > 0);
  assert.equal(window.waitFor(1, 30_000 + wait), 0);
  assert.equal(window.waitFor(11, 200_000), Number.POSITIVE_INFINITY);
});

test("no window of 60 s takes more than the limit, at any rate of asking", () => {
  const step = fc.record({ ms: fc.integer({ min: 0, max: 5000 }), amount: fc.integer({ min: 1, max: 7 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const window = rateWindow(20);
      const taken: { at: number; amount: number }[] = [];
      let now = 12_345.6;
      for (const { ms, amount } of steps) {
        now += ms;
        if (window.waitFor(amount, now) > 0) continue;
        window.add(amount, now);
        taken.push({ at: now, amount });
        const inside = taken.filter(({ at }) => at > now - 60_000).reduce((sum, one) => sum + one.amount, 0);
        assert.ok(inside <= 20, `${inside} within 60 s`);
      }
    }),
  );
});

test("corrections of any size keep the sum between 0 and what a number holds, and a clock that goes back frees nothing", () => {
  const change = fc.record({
    ms: fc.integer({ min: -100_000, max: 100_000 }),
    by: fc.oneof(fc.integer(), fc.constantFrom(Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER)),
  });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 50 }), (changes) => {
      const window = rateWindow(100);
      let now = 1_000_000;
      let slot = window.add(5, now);
      for (const { ms, by } of changes) {
        const before = window.used(now);
        if (ms < 0) assert.equal(window.used(now + ms), before);
        else now += ms;
        window.correct(slot, by, now);
        const used = window.used(now);
        assert.ok(used >= 0 && used <= Number.MAX_SAFE_INTEGER);
        slot = window.add(1, now);
      }
    }),
  );
});
