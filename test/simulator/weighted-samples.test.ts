// Weighted samples: as if each were listed as often as it weighs; so many that they are counted in buckets, nearly so.
import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../../src/core/index.ts";
import { distribution } from "../../src/workload/index.ts";
import { weightedSamples } from "../../src/simulator/weighted-samples.ts";

for (const [name, kept, allowed] of [
  ["kept one by one", 1 << 20, 1e-9],
  ["in buckets", 64, 2e-5],
] as const) {
  test(`${name}: the figures are those of the samples written out`, () => {
    const random = seededRandom(7);
    const samples = weightedSamples(kept);
    const all: number[] = [];
    for (let i = 0; i < 5000; i++) {
      const value = 10 ** (4 * random.next() - 1);
      const weight = random.int(6);
      samples.add(value, weight);
      for (let k = 0; k < weight; k++) all.push(value);
    }
    const [given, wanted] = [samples.distribution(), distribution(all)];
    assert.equal(given.count, wanted.count);
    for (const figure of ["mean", "p50", "p90", "p99", "p999", "max"] as const)
      assert.ok(
        Math.abs(given[figure] / wanted[figure] - 1) < allowed,
        `${figure}: ${given[figure]} ${wanted[figure]}`,
      );
    assert.deepEqual(samples.distribution(), given, "asking changes nothing");
  });
}
