// Seeded randomness is reproducible and uniform enough to route by.
import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../../src/core/index.ts";

test("the same seed gives the same sequence, another seed another one", () => {
  const draw = (seed: string) => {
    const random = seededRandom(seed);
    return Array.from({ length: 20 }, () => random.int(1_000_000));
  };
  assert.deepEqual(draw("a"), draw("a"));
  assert.notDeepEqual(draw("a"), draw("b"));
});

test("draws are uniform within 2 %", () => {
  const random = seededRandom(7);
  const counts = Array.from({ length: 10 }, () => 0);
  for (let i = 0; i < 100_000; i++) {
    const bin = random.int(10);
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  for (const n of counts) assert.ok(Math.abs(n - 10_000) < 400, String(counts));
});
