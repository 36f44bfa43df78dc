// Rates: no 60 seconds, wherever they begin, hold more than the limit; counts never go below 0 or out of range.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { RateSums } from "../../../src/admission/tenants/rate-sums.ts";

test("what fits is added at once, what does not fits after the time that was told", () => {
  const window = new RateSums([undefined, 10, undefined]);
  assert.equal(window.waitFor(1, 10, 0), 0);
  window.add([1, 10, 1e9], 500);
  const wait = window.waitFor(1, 1, 30_000);
  assert.ok(wait > 0 && Number.isFinite(wait));
  assert.ok(window.waitFor(1, 1, 30_000 + wait - 1) > 0);
  assert.equal(window.waitFor(1, 1, 30_000 + wait), 0);
  assert.equal(window.waitFor(1, 11, 200_000), Number.POSITIVE_INFINITY);
});

test("no window of 60 s takes more than the limit, at any rate of asking", () => {
  const step = fc.record({ ms: fc.integer({ min: 0, max: 5000 }), amount: fc.integer({ min: 1, max: 7 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const window = new RateSums([20, undefined, undefined]);
      const taken: { at: number; amount: number }[] = [];
      let now = 12_345.6;
      for (const { ms, amount } of steps) {
        now += ms;
        if (window.waitFor(0, amount, now) > 0) continue;
        window.add([amount, 3, 4], now);
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
      const window = new RateSums([undefined, undefined, 100]);
      let now = 1_000_000;
      let slot = window.add([0, 0, 5], now);
      for (const { ms, by } of changes) {
        const before = window.used(2, now);
        if (ms < 0) assert.equal(window.used(2, now + ms), before);
        else now += ms;
        window.correct(slot, 2, by, now);
        const used = window.used(2, now);
        assert.ok(used >= 0 && used <= Number.MAX_SAFE_INTEGER);
        slot = window.add([0, 0, 1], now);
      }
    }),
  );
});

test("what is counted side by side is counted apart, and a minute later nothing is left of it", () => {
  const window = new RateSums([5, 50, 500]);
  const second = window.add([1, 20, 300], 10_000);
  window.add([1, 20, 100], 40_000);
  window.correct(second, 2, -100, 40_000);
  assert.deepEqual(
    ([0, 1, 2] as const).map((column) => window.used(column, 40_000)),
    [2, 40, 300],
  );
  assert.equal(window.fits(1, 10, 40_000), true);
  assert.equal(window.fits(1, 11, 40_000), false);
  assert.equal(window.waitFor(1, 11, 40_000), 31_000, "when the first of both has left");
  assert.deepEqual(
    ([0, 1, 2] as const).map((column) => window.used(column, 71_000)),
    [1, 20, 100],
  );
  window.correct(second, 2, 400, 71_000);
  assert.equal(window.used(2, 71_000), 100, "what has left the minute is not corrected");
  assert.equal(window.resetMs(0, 71_000), 30_000);
  assert.deepEqual([window.used(0, 101_000), window.resetMs(0, 101_000)], [0, 0]);
});

test("property: it counts as a plain list of what came in the last minute does", () => {
  const step = fc.record({
    ms: fc.integer({ min: 0, max: 20_000 }),
    add: fc.tuple(fc.nat(9), fc.nat(9), fc.nat(9)),
    take: fc.option(fc.record({ nth: fc.nat(20), by: fc.integer({ min: -9, max: 9 }) })),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const window = new RateSums([100, 100, 100]);
      const list: { second: number; amounts: number[] }[] = [];
      let now = 5000;
      for (const { ms, add, take } of steps) {
        now += ms;
        const second = window.add(add, now);
        assert.equal(second, Math.floor(now / 1000));
        const known = list.find((one) => one.second === second);
        if (known === undefined) list.push({ second, amounts: [...add] });
        else known.amounts = known.amounts.map((one, i) => one + (add[i] ?? 0));
        const back = take === null ? undefined : list[take.nth % list.length];
        if (back !== undefined && take !== null) {
          window.correct(back.second, 1, take.by, now);
          if (back.second >= second - 60) back.amounts[1] = Math.max(0, (back.amounts[1] ?? 0) + take.by);
        }
        for (const column of [0, 1, 2] as const) {
          const inside = list.filter((one) => one.second >= second - 60);
          const sum = inside.reduce((all, one) => all + (one.amounts[column] ?? 0), 0);
          assert.equal(window.used(column, now), sum);
        }
      }
    }),
  );
});
