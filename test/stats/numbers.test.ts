// Numbers that planning relies on: sample sizes, look levels, thresholds, and the coverage of the intervals.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { seededRandom } from "../../src/core/index.ts";
import {
  alarmThreshold,
  budgetSpent,
  clopperPearson,
  hodgesLehmann,
  lookLevel,
  mcnemarTest,
  pairedRateDifference,
  percentileInterval,
  quantileRatioReplicates,
  quantileUpperRank,
  rateUpperBound,
  samplesForUpperBound,
  shareLogE,
  spentAlpha,
} from "../../src/stats/index.ts";

test("a P99 can be bounded from 299, 368 and 459 samples on", () => {
  assert.deepEqual(
    [0.95, 0.975, 0.99].map((confidence) => samplesForUpperBound(0.99, confidence)),
    [299, 368, 459],
  );
  assert.equal(quantileUpperRank(298, 0.99, 0.95), undefined);
  assert.equal(quantileUpperRank(299, 0.99, 0.95), 299);
});

test("a rate under 1 % can be claimed from 299, 473, 628, 773, 1049 and 1693 requests with 0, 1, 2, 3, 5 and 10 errors", () => {
  const table = new Map([
    [0, 299],
    [1, 473],
    [2, 628],
    [3, 773],
    [5, 1049],
    [10, 1693],
  ]);
  for (const [errors, n] of table) {
    assert.ok(rateUpperBound(errors, n, 0.95) < 0.01, `${errors} of ${n}`);
    assert.ok(rateUpperBound(errors, n - 1, 0.95) >= 0.01, `${errors} of ${n - 1}`);
  }
});

test("all looks together spend no more than alpha", () => {
  const levels = Array.from({ length: 50 }, (_, i) => lookLevel(0.05, i + 1));
  assert.ok(levels.reduce((a, b) => a + b, 0) <= 0.05 + 1e-12);
  assert.equal(spentAlpha(0.05, 0.5), 0.025);
  assert.equal(spentAlpha(0.05, 0.5, 3), 0.00625);
  assert.equal(spentAlpha(0.05, 7), 0.05);
});

test("the alarm threshold is horizon ÷ alpha within a quarter, rises with extensions, and never spends more than alpha", () => {
  const budget = { alpha: 0.01, horizon: 1_500_000 };
  assert.equal(alarmThreshold(budget, 10), 1_500_000 / 0.008);
  let before = 0;
  for (let n = 1; n < 1e12; n *= 1.7) {
    const threshold = alarmThreshold(budget, n);
    assert.ok(threshold >= before);
    before = threshold;
    assert.ok(budgetSpent(budget, n) <= 1);
  }
  assert.ok(Math.abs(budgetSpent(budget, 750_000) - 0.4) < 1e-12);
});

test("a paired difference of nothing in a thousand pairs is bounded by 0.27 points on each side", () => {
  const { low, high } = pairedRateDifference({ onlyFirst: 0, onlySecond: 0, pairs: 1000 }, 0.9);
  assert.ok(Math.abs(high - 0.002698) < 1e-5 && Math.abs(low + high) < 1e-9, `${low} ${high}`);
  assert.equal(mcnemarTest(0, 0), 1);
  assert.ok(Math.abs(mcnemarTest(0, 10) - 2 / 1024) < 1e-12);
});

test("properties: intervals contain their estimate, mirror, and narrow with confidence", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 3000 }), fc.double({ min: 0, max: 1, noNaN: true }), (n, part) => {
      const k = Math.round(part * n);
      const wide = clopperPearson(k, n, 0.99);
      const narrow = clopperPearson(k, n, 0.9);
      assert.ok(wide.low <= narrow.low && narrow.low <= k / n && k / n <= narrow.high && narrow.high <= wide.high);
      const mirrored = clopperPearson(n - k, n, 0.9);
      assert.ok(Math.abs(mirrored.low - (1 - narrow.high)) < 1e-9);
    }),
    { numRuns: 150 },
  );
});

test("properties: the Hodges–Lehmann shift moves with the data and lies in its interval", () => {
  const values = fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 2, maxLength: 60 });
  fc.assert(
    fc.property(values, fc.double({ min: -3, max: 3, noNaN: true }), (list, by) => {
      const here = hodgesLehmann(list, 0.95);
      const there = hodgesLehmann(
        list.map((value) => value + by),
        0.95,
      );
      assert.ok(here !== undefined && there !== undefined);
      assert.ok(Math.abs(there.estimate - here.estimate - by) < 1e-9);
      assert.ok(here.interval.low <= here.estimate && here.estimate <= here.interval.high);
    }),
    { numRuns: 100 },
  );
});

test("the bootstrap interval of a P99 ratio holds 1 for equal columns and is repeatable", () => {
  const draw = (seed: number) => {
    const random = seededRandom(seed);
    const column = () => Array.from({ length: 3000 }, () => -Math.log(1 - random.next()));
    const clusters = Array.from({ length: 3000 }, (_, i) => Math.floor(i / 3));
    const pair = { first: { values: column(), clusters }, second: { values: column(), clusters } };
    const [replicates = []] = quantileRatioReplicates([pair], {
      quantile: 0.99,
      clusters: 1000,
      repetitions: 500,
      random,
    });
    return percentileInterval(replicates, 0.9);
  };
  const interval = draw(1);
  assert.ok(interval.low < 1 && interval.high > 1 && interval.high < 1.4, JSON.stringify(interval));
  assert.deepEqual(draw(1), interval);
});

test("without ties in clusters a weighted quantile is numpy's: one cluster drawn again and again is the sample itself", () => {
  const first = { values: [5, 1, 4, 2, 3], clusters: [0, 0, 0, 0, 0] };
  const second = { values: [50, 20, 30], clusters: [0, 0, 0] };
  const options = { quantile: 0.9, clusters: 1, repetitions: 3, random: seededRandom(1) };
  const [replicates = []] = quantileRatioReplicates([{ first, second }], options);
  assert.deepEqual(replicates, [46 / 4.6, 46 / 4.6, 46 / 4.6]);
});

test("the share test stays quiet for the set share at any time and finds one that is 20 % off", () => {
  const random = seededRandom(3);
  const largest = Array.from({ length: 40 }, () => {
    let [kept, most] = [0, 0];
    for (let n = 1; n <= 3000; n++) {
      if (random.next() < 0.1) kept++;
      most = Math.max(most, shareLogE(kept, n, 0.1));
    }
    return most;
  });
  assert.ok(Math.max(...largest) < Math.log(1000), String(Math.max(...largest)));
  assert.ok(shareLogE(720, 6000, 0.1) > Math.log(1000));
  assert.equal(shareLogE(1, 4, 0), Number.POSITIVE_INFINITY);
  assert.equal(shareLogE(0, 4, 0), 0);
});
