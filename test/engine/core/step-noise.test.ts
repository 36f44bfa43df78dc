// Step noise: lognormal around 1, the same for the same seed.
import assert from "node:assert/strict";
import { test } from "node:test";
import { percentile, seededRandom } from "../../../src/core/index.ts";
import { stepNoise } from "../../../src/engine/index.ts";

function factors(seed: string, sigma: number): number[] {
  const noise = stepNoise(seededRandom(seed), sigma);
  return Array.from({ length: 20_000 }, noise);
}

test("the median is 1 and the logarithms spread by sigma", () => {
  const sorted = factors("a", 0.1).toSorted((a, b) => a - b);
  assert.ok(Math.abs(percentile(sorted, 50) - 1) < 0.005);
  // One sigma to each side.
  assert.ok(Math.abs(Math.log(percentile(sorted, 84.13)) - 0.1) < 0.005);
  assert.ok(Math.abs(Math.log(percentile(sorted, 15.87)) + 0.1) < 0.005);
});

test("equal seeds give equal noise, sigma 0 none", () => {
  assert.deepEqual(factors("a", 0.1), factors("a", 0.1));
  assert.notDeepEqual(factors("a", 0.1), factors("b", 0.1));
  assert.ok(factors("a", 0).every((factor) => factor === 1));
});
