// The cap on memory holds whatever comes, and what goes first is what is worth least.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { memoryIndex } from "../../src/kvindex/index.ts";
import { batch, cleared, hashesOf, names, prompt, removed, SEED, stored } from "./events.ts";

const CAP = 200_000;
/** Tables that every worker gets whatever the cap says. */
const PER_WORKER = 4000;

function make(maxBytes = CAP) {
  return memoryIndex({ maxBytes, ttlSeconds: 3600, seedOf: () => SEED });
}

test("bytes stay under the cap through a flood of distinct prompts, predicted or stored", () => {
  const index = make();
  let most = 0;
  for (let i = 0; i < 4000; i++) {
    const ids = prompt(i, 8);
    index.predict(`p${i % 4}`, hashesOf(ids), i);
    index.apply(`e${i % 4}`, batch(stored(names(i, 8), ids)), i);
    most = Math.max(most, index.stats().bytes);
  }
  assert.ok(most <= CAP + 8 * PER_WORKER, `${most} bytes`);
  assert.ok(index.stats().evictions > 1000);
  assert.ok(index.stats().entries > 500, "the cap is used");
});

test("predictions go before confirmed blocks, the oldest first", () => {
  const index = make(60_000);
  index.apply("e", batch(stored(names(1, 8), prompt(1, 8))), 0);
  for (let i = 2; i < 500; i++) index.predict("p", hashesOf(prompt(i, 8)), i);
  assert.equal(index.overlap(hashesOf(prompt(1, 8)), ["e"], 500)[0], 8);
  assert.equal(index.overlap(hashesOf(prompt(2, 8)), ["p"], 500)[0], 0);
  assert.equal(index.overlap(hashesOf(prompt(499, 8)), ["p"], 500)[0], 8);
});

test("of confirmed blocks those that are asked for stay", () => {
  const index = make(60_000);
  index.apply("e", batch(stored(names(1, 8), prompt(1, 8))), 0);
  for (let i = 2; i < 500; i++) {
    index.apply("e", batch(stored(names(i, 8), prompt(i, 8))), i);
    index.overlap(hashesOf(prompt(1, 8)), ["e"], i);
  }
  assert.ok(index.stats().evictions > 1000);
  assert.equal(index.overlap(hashesOf(prompt(1, 8)), ["e"], 500)[0], 8);
});

test("whatever comes under a tight cap: no entry without cause, and nothing is left at the end", () => {
  const step = fc.record({
    kind: fc.constantFrom("store", "store", "predict", "remove", "clear", "drop", "ask"),
    worker: fc.nat(39).map((i) => `w${i}`),
    prompt: fc.nat(400),
  });
  fc.assert(
    fc.property(fc.array(step, { minLength: 300, maxLength: 400 }), (steps) => {
      const index = make(30_000);
      for (const [now, { kind, worker, prompt: number }] of steps.entries()) {
        const ids = prompt(number, 6);
        if (kind === "store") index.apply(worker, batch(stored(names(number, 6), ids)), now);
        if (kind === "predict") index.predict(worker, hashesOf(ids), now);
        if (kind === "remove") index.apply(worker, batch(removed(names(number, 6))), now);
        if (kind === "clear") index.apply(worker, batch(cleared), now);
        if (kind === "drop") index.drop(worker);
        const [run] = index.overlap(hashesOf(ids), [worker], now);
        if (kind === "store" || kind === "predict") assert.equal(run, 6, "what has just come is there");
        if (kind === "clear" || kind === "drop") assert.equal(run, 0);
        const { byWorker, entries } = index.stats();
        assert.equal(
          Object.values(byWorker).reduce((a, b) => a + b, 0),
          entries,
        );
      }
      for (let i = 0; i < 40; i++) index.drop(`w${i}`);
      assert.deepEqual([index.stats().blocks, index.stats().entries], [0, 0]);
    }),
    { numRuns: 40, endOnFailure: true },
  );
});
