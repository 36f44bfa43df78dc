// Every statistic against the values of scipy, statsmodels and Python's difflib.
import assert from "node:assert/strict";
import { test } from "node:test";
import { percentile } from "../../src/core/index.ts";
import {
  betaCumulative,
  betaQuantile,
  binomialCumulative,
  binomialTest,
  clopperPearson,
  hodgesLehmann,
  kaplanMeier,
  logRankTest,
  normalCumulative,
  normalQuantile,
  pairedRateDifference,
  quantileRanks,
  rateDifference,
  ratioAtLeast,
  sequenceRatio,
  signedRankTest,
} from "../../src/stats/index.ts";
import { cells, close, golden } from "./golden.ts";

test("beta distribution and its quantile", () => {
  for (const row of golden.beta) {
    const [a, b, x, expected] = cells(row);
    close(betaCumulative(a, b, x), expected, 1e-10, `I_${x}(${a}, ${b})`);
  }
  for (const row of golden.betaQuantile) {
    const [a, b, p, expected] = cells(row);
    close(betaQuantile(a, b, p), expected, 1e-9, `beta quantile ${a} ${b} ${p}`);
  }
});

test("normal distribution and its quantile", () => {
  for (const row of golden.normal) {
    const [z, expected] = cells(row);
    close(normalCumulative(z), expected, 1e-10, `normal ${z}`);
  }
  for (const row of golden.normalQuantile) {
    const [p, expected] = cells(row);
    close(normalQuantile(p), expected, 1e-9, `normal quantile ${p}`);
  }
});

test("Clopper–Pearson intervals, up to the 45.4 million requests of the seed's schedule", () => {
  for (const row of golden.clopperPearson) {
    const [k, n, confidence, low, high] = cells(row);
    const interval = clopperPearson(k, n, confidence);
    close(interval.low, low, 1e-9, `${k}/${n} low`);
    close(interval.high, high, 1e-9, `${k}/${n} high`);
  }
});

test("binomial cumulative probability and the exact two-sided test", () => {
  for (const row of golden.binomialCumulative) {
    const [k, n, p, expected] = cells(row);
    close(binomialCumulative(k, n, p), expected, 1e-9, `B(${k}; ${n}, ${p})`);
  }
  for (const row of golden.binomialTest) {
    const [k, n, p, expected] = cells(row);
    close(binomialTest(k, n, p), expected, 1e-9, `test ${k}/${n} against ${p}`);
  }
});

test("differences of rates: Newcombe's and Tango's intervals", () => {
  for (const row of golden.newcombe) {
    const [a, m, b, n, confidence, low, high] = cells(row);
    const found = rateDifference({ events: a, trials: m }, { events: b, trials: n }, confidence);
    close(found.low, low, 1e-9, `newcombe ${row.join(" ")}`);
    close(found.high, high, 1e-9, `newcombe ${row.join(" ")}`);
  }
  for (const row of golden.tango) {
    const [b, c, n, confidence, low, high] = cells(row);
    const found = pairedRateDifference({ onlyFirst: b, onlySecond: c, pairs: n }, confidence);
    close(found.low, low, 1e-5, `tango ${row.join(" ")}`);
    close(found.high, high, 1e-5, `tango ${row.join(" ")}`);
  }
});

test("order-statistic intervals of a quantile", () => {
  for (const [n, quantile, confidence, expected] of golden.ranks) {
    const found = quantileRanks(n, quantile, confidence);
    if (expected === null) assert.equal(found, undefined, `n = ${n}`);
    else assert.deepEqual(found, { low: expected[0], high: expected[1] }, `n = ${n}, q = ${quantile}`);
  }
});

test("Wilcoxon's signed-rank test and the Hodges–Lehmann shift", () => {
  for (const [values, expected] of golden.wilcoxon) close(signedRankTest(values), expected, 1e-9, "wilcoxon");
  for (const [values, expected] of golden.hodgesLehmann) {
    close(hodgesLehmann(values, 0.95)?.estimate ?? Number.NaN, expected, 1e-9, `HL of ${values.length}`);
  }
});

test("numpy's linear percentiles", () => {
  for (const [values, percent, expected] of golden.percentile) {
    close(
      percentile(
        [...values].sort((a, b) => a - b),
        percent,
      ),
      expected,
      1e-12,
      `p${percent}`,
    );
  }
});

test("Python's SequenceMatcher ratio is reproduced to the last bit, with and without autojunk", () => {
  assert.ok(golden.sequenceRatio.length > 50);
  for (const [a, b, withJunk, without] of golden.sequenceRatio) {
    assert.equal(sequenceRatio(a, b), withJunk, `${a.slice(0, 40)} | ${b.slice(0, 40)}`);
    for (const least of [0, 0.5, 0.9, 1, withJunk]) assert.equal(ratioAtLeast(a, b, least), withJunk >= least);
    assert.equal(sequenceRatio(a, b, { autojunk: false }), without, `${a.slice(0, 40)} | ${b.slice(0, 40)}`);
  }
});

test("Kaplan–Meier curves and the log-rank test", () => {
  const named = (list: readonly (readonly [number, boolean])[]) => list.map(([length, ended]) => ({ length, ended }));
  for (const [a, b, points, pvalue] of golden.survival) {
    const curve = kaplanMeier(named(a));
    assert.equal(curve.length, points.length);
    for (const [i, point] of points.entries()) {
      const [length, share] = cells(point);
      assert.equal(curve[i]?.length, length);
      close(curve[i]?.share ?? Number.NaN, share, 1e-12, `survival at ${length}`);
    }
    close(logRankTest(named(a), named(b)), pvalue, 1e-9, "log-rank");
  }
});
