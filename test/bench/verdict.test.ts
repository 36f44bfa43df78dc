// Medians with exact intervals, and the verdicts drawn from them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { medianInterval } from "../../bench/lib/median-interval.ts";
import { judge, judgeOnce } from "../../bench/lib/verdict.ts";

const target = { target: "x", limit: 1.6, unit: "×" };

test("nine values: the second and the eighth enclose the median with 95 %", () => {
  assert.deepEqual(medianInterval([9, 1, 8, 2, 7, 3, 6, 4, 5]), { median: 5, low: 2, high: 8, count: 9 });
});

test("an even count has the mean of the middle two", () => {
  assert.equal(medianInterval([1, 2, 4, 9]).median, 3);
});

test("fewer than six values have no interval, and so no verdict", () => {
  const judged = judge(target, [1, 1, 1, 1, 1]);
  assert.equal(judged.value.low, undefined);
  assert.equal(judged.verdict, "unresolved");
});

test("met only with the whole interval within, missed only with the whole interval above", () => {
  assert.equal(judge(target, [1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.6, 9]).verdict, "met");
  assert.equal(judge(target, [1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 9]).verdict, "unresolved");
  assert.equal(judge(target, [1, 1.61, 1.7, 1.8, 1.9, 2, 2, 2, 2]).verdict, "missed");
});

test("what is measured once is within or not", () => {
  assert.equal(judgeOnce(target, 1.6).verdict, "met");
  assert.equal(judgeOnce(target, 1.7).verdict, "missed");
});
