// Budgets on calendar time: never negative, never beyond what a number holds, ended by the calendar and by nothing else.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { budgetWindow, windowOf } from "../../../src/admission/tenants/budget-window.ts";
import { steadyEpoch } from "../../../src/admission/tenants/steady-epoch.ts";

const NOON = Date.UTC(2026, 10, 15, 12);
const DAY_MS = 86_400_000;
const amount = fc.oneof(fc.nat(1000), fc.constantFrom(Number.MAX_SAFE_INTEGER, Number.MAX_VALUE, Infinity));

const step = fc.oneof(
  fc.record({ do: fc.constant("reserve" as const), amount }),
  fc.record({ do: fc.constant("settle" as const), amount, nth: fc.nat(20) }),
  fc.record({ do: fc.constant("load" as const), amount }),
  fc.record({ do: fc.constant("pass" as const), amount: fc.integer({ min: 0, max: 3 * DAY_MS }) }),
);

test("property: whatever is reserved, settled and loaded, what is taken stays between 0 and what a number holds", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), fc.constantFrom("day" as const, "month" as const), (steps, per) => {
      const budget = budgetWindow({ amount: 100, hard: true, unit: "tokens", per });
      const open: { start: number; reserved: number }[] = [];
      let epoch = NOON;
      for (const one of steps) {
        if (one.do === "reserve") open.push({ start: budget.reserve(one.amount, epoch), reserved: one.amount });
        else if (one.do === "load") budget.load(windowOf(per, epoch)[0], one.amount);
        else if (one.do === "pass") epoch += one.amount;
        else {
          const [held] = open.splice(one.nth % Math.max(1, open.length), 1);
          if (held !== undefined) budget.settle(held, one.amount, epoch);
        }
        const taken = budget.taken(epoch);
        assert.ok(taken >= 0 && taken <= Number.MAX_SAFE_INTEGER, String(taken));
        assert.ok(budget.used(epoch) <= taken);
        assert.ok(budget.waitMs(epoch) > 0);
      }
    }),
  );
});

test("property: no jump of the wall clock moves the calendar by more than a hundredth of the time that has passed", () => {
  const move = fc.record({
    ms: fc.integer({ min: 0, max: DAY_MS }),
    jump: fc.oneof(
      fc.integer({ min: -400 * DAY_MS, max: 400 * DAY_MS }),
      fc.constantFrom(NaN, Infinity, -Infinity, Number.MAX_VALUE),
    ),
  });
  fc.assert(
    fc.property(fc.array(move, { maxLength: 40 }), (moves) => {
      let now = 5;
      let wall = NOON;
      const epoch = steadyEpoch({ now: () => now, epoch: () => wall });
      let before = epoch();
      for (const { ms, jump } of moves) {
        now += ms;
        wall = NOON + jump;
        const after = epoch();
        assert.ok(after >= before + 0.99 * ms - 1 && after <= before + 1.01 * ms + 1, `${before} ${after} in ${ms}`);
        before = after;
      }
    }),
  );
});

test("what is used ends with its day or month, and what began before is counted where it ends", () => {
  const budget = budgetWindow({ amount: 100, hard: true, unit: "tokens", per: "day" });
  const held = { start: budget.reserve(50, NOON), reserved: 50 };
  assert.equal(budget.taken(NOON), 50);
  const tomorrow = NOON + budget.waitMs(NOON);
  assert.equal(tomorrow, Date.UTC(2026, 10, 16));
  assert.equal(budget.taken(tomorrow - 1), 50);
  assert.equal(budget.taken(tomorrow), 0);
  budget.settle(held, 40, tomorrow);
  assert.equal(budget.taken(tomorrow), 40);
});
