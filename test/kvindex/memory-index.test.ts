// The index: what events and predictions make it believe, each rule by itself.
import assert from "node:assert/strict";
import { test } from "node:test";
import { memoryIndex, type MemoryIndexOptions } from "../../src/kvindex/index.ts";
import { hashBlocks } from "../../src/tokens/index.ts";
import { batch, cleared, hashesOf, names, prompt, removed, SEED, stored } from "./events.ts";

function make(options: Partial<MemoryIndexOptions> = {}) {
  return memoryIndex({ maxBytes: 64e6, ttlSeconds: 60, confirmWithinMs: 10_000, seedOf: () => SEED, ...options });
}

const A = prompt(1, 6);
const HASHES = hashesOf(A);

test("a stored block counts from the front of a prompt only, per worker", () => {
  const index = make();
  index.apply("w1", batch(stored(names(1, 6), A)), 0);
  index.apply("w2", batch(stored(names(7, 2), A.subarray(0, 8))), 0);
  assert.deepEqual([...index.overlap(HASHES, ["w1", "w2", "w3"], 0)], [6, 2, 0]);
  index.apply("w1", batch(removed(names(1, 1, 3))), 0);
  assert.deepEqual([...index.overlap(HASHES, ["w2", "w1"], 0)], [2, 3]);
});

test("an event extends the chain of its parent", () => {
  const index = make();
  index.apply("w", batch(stored(names(1, 2), A.subarray(0, 8))), 0);
  index.apply("w", batch(stored(names(1, 4, 2), A.subarray(8), { parent: names(1, 2)[1] ?? null })), 0);
  assert.equal(index.overlap(HASHES, ["w"], 0)[0], 6);
  assert.equal(index.stats().orphans, 0);
});

test("integer and byte hashes name the same block", () => {
  const index = make();
  const digest = "ab".repeat(24) + "fedcba9876543210";
  index.apply("w", batch(stored([digest], A.subarray(0, 4))), 0);
  index.apply("w", batch(removed([0xfedcba9876543210n])), 0);
  assert.equal(index.stats().entries, 0);
});

test("a block stored twice is gone when it was removed twice", () => {
  const index = make();
  index.apply("w", batch(stored(names(1, 1), A.subarray(0, 4)), stored(names(1, 1), A.subarray(0, 4))), 0);
  index.apply("w", batch(removed(names(1, 1))), 0);
  assert.equal(index.overlap(HASHES, ["w"], 0)[0], 1);
  index.apply("w", batch(removed(names(1, 1))), 0);
  assert.equal(index.overlap(HASHES, ["w"], 0)[0], 0);
  assert.equal(index.stats().blocks, 0);
});

test("all blocks cleared, or the worker dropped: nothing is left of it, others stay", () => {
  const index = make();
  for (const worker of ["w1", "w2", "w3"]) index.apply(worker, batch(stored(names(1, 6), A)), 0);
  index.apply("w1", batch(cleared), 0);
  index.drop("w2");
  assert.deepEqual([...index.overlap(HASHES, ["w1", "w2", "w3"], 0)], [0, 0, 6]);
  index.drop("w3");
  assert.equal(index.stats().blocks, 0);
});

test("salt and LoRA name make other content of the same tokens", () => {
  const index = make();
  const salted = { extraKeys: [["s1"], ...Array.from({ length: 5 }, () => null)] };
  index.apply("salt", batch(stored(names(1, 6), A, salted)), 0);
  index.apply(
    "lora",
    batch(
      stored(names(1, 6), A, {
        loraName: "l",
        extraKeys: A.subarray(18).length ? Array.from({ length: 6 }, () => ["l"]) : null,
      }),
    ),
    0,
  );
  const both = { loraName: "l", extraKeys: [["l", "s1"], ...Array.from({ length: 5 }, () => ["l"])] };
  index.apply("both", batch(stored(names(1, 6), A, both)), 0);
  const workers = ["salt", "lora", "both"];
  assert.deepEqual([...index.overlap(HASHES, workers, 0)], [0, 0, 0]);
  assert.deepEqual([...index.overlap(hashesOf(A, { ...SEED, salt: "s1" }), workers, 0)], [6, 0, 0]);
  assert.deepEqual([...index.overlap(hashesOf(A, { ...SEED, lora: "l" }), workers, 0)], [0, 6, 0]);
  assert.deepEqual([...index.overlap(hashesOf(A, { ...SEED, lora: "l", salt: "s1" }), workers, 0)], [0, 0, 6]);
});

test("blocks with an image in them never equal plain tokens, nor does what follows", () => {
  const index = make();
  const keys = [null, [["image-hash", 3]], null, null, null, null];
  index.apply("w", batch(stored(names(1, 6), A, { extraKeys: keys })), 0);
  assert.equal(index.overlap(HASHES, ["w"], 0)[0], 1);
});

test("other cache groups are left out; other media do not count as GPU", () => {
  const index = make();
  index.apply("w", batch(stored(names(1, 6), A, { groupIndex: 1 })), 0);
  index.apply("w", batch(stored(names(2, 6), A, { medium: "CPU" })), 0);
  assert.equal(index.overlap(HASHES, ["w"], 0)[0], 0);
  index.apply("w", batch(stored(names(2, 3), A.subarray(0, 12))), 0);
  index.apply("w", batch(removed(names(2, 6), "CPU"), removed(names(2, 3), "GPU", 1)), 0);
  assert.equal(index.overlap(HASHES, ["w"], 0)[0], 3);
  assert.equal(index.stats().ignored, 2);
});

test("an unknown parent or block is counted and skipped", () => {
  const index = make();
  index.apply("w", batch(stored(names(1, 2, 2), A.subarray(8, 16), { parent: 999n }), removed(names(5, 2))), 0);
  assert.equal(index.stats().orphans, 3);
  assert.equal(index.stats().entries, 0);
});

test("another block size is an alarm, and its entries are not used", () => {
  const index = make({ blockSize: 4 });
  index.apply("w", batch(stored(names(1, 3), A, { blockSize: 8 })), 0);
  index.predict("w", HASHES, 0);
  assert.equal(index.overlap(HASHES, ["w"], 0)[0], 0);
  assert.deepEqual(index.stats().blockSizeMismatches, { w: 8 });
});

test("an engine's block size replaces one that was only asked for, and a worker that is asked otherwise is an alarm", () => {
  const index = make();
  const wide = { blockSize: 8 };
  index.predict("w", HASHES, 0);
  index.apply("w", batch(stored(names(1, 3), A, wide)), 0);
  assert.deepEqual(index.stats().blockSizeMismatches, { w: 8 });
  const hashes = hashBlocks(A, 8, SEED);
  index.predict("w", hashes, 0);
  assert.deepEqual(index.stats().blockSizeMismatches, {});
  assert.equal(index.overlap(hashes, ["w"], 0)[0], 3);
  assert.equal(index.stats().entries, 3);
});

test("a token list of the wrong length is left out", () => {
  const index = make();
  index.apply("w", batch(stored(names(1, 6), A.subarray(1))), 0);
  assert.deepEqual([index.stats().ignored, index.stats().entries], [1, 0]);
});

test("a prediction is believed for ttlSeconds, and longer when repeated", () => {
  const index = make();
  index.predict("w", HASHES, 0);
  assert.equal(index.overlap(HASHES, ["w"], 59_999)[0], 6);
  assert.equal(index.overlap(HASHES, ["w"], 60_000)[0], 0);
  index.predict("w", HASHES, 100_000);
  index.predict("w", hashesOf(A.subarray(0, 8)), 130_000);
  assert.equal(index.overlap(HASHES, ["w"], 159_999)[0], 6);
  assert.equal(index.overlap(HASHES, ["w"], 160_000)[0], 2);
  assert.equal(index.overlap(HASHES, ["w"], 190_000)[0], 0);
  assert.equal(index.stats().blocks, 0);
});

test("a conversation that grows faster than its beliefs are renewed keeps its beginning", () => {
  const index = make();
  const turns = prompt(1, 40);
  for (let turn = 1; turn <= 40; turn++) index.predict("w", hashesOf(turns.subarray(0, 4 * turn)), 3000 * turn);
  assert.equal(index.overlap(hashesOf(turns), ["w"], 120_000 + 52_000)[0], 40);
  assert.equal(index.overlap(hashesOf(turns), ["w"], 120_000 + 60_000)[0], 0);
});

test("a block that was removed is believed again, however young the blocks behind it", () => {
  const index = make();
  index.apply("w", batch(stored(names(1, 2), A.subarray(0, 8))), 0);
  index.setStream("w", "lost", 0);
  index.predict("w", HASHES, 0);
  index.overlap(HASHES, ["w"], 0);
  index.apply("w", batch(removed(names(1, 1))), 0);
  index.setStream("w", "lost", 0);
  assert.equal(index.overlap(HASHES, ["w"], 1)[0], 0);
  index.predict("w", HASHES, 1);
  assert.equal(index.overlap(HASHES, ["w"], 1)[0], 6);
});

test("what a live stream confirmed does not expire", () => {
  const index = make();
  index.predict("w", HASHES, 0);
  index.apply("w", batch(stored(names(1, 6), A)), 1000);
  assert.equal(index.overlap(HASHES, ["w"], 1e9)[0], 6);
  assert.equal(index.streamOf("w", 1e9), "live");
  index.apply("w", batch(removed(names(1, 6))), 1e9);
  assert.equal(index.overlap(HASHES, ["w"], 1e9)[0], 0);
});

test("a lost stream's entries age out, unless it comes back in time", () => {
  const index = make();
  for (const worker of ["w1", "w2"]) {
    index.apply(worker, batch(stored(names(1, 6), A)), 0);
    index.setStream(worker, "lost", 5000);
  }
  index.setStream("w2", "live", 50_000);
  assert.deepEqual([...index.overlap(HASHES, ["w1", "w2"], 64_999)], [6, 6]);
  assert.deepEqual([...index.overlap(HASHES, ["w1", "w2"], 65_000)], [0, 6]);
  assert.equal(index.streamOf("w1", 65_000), "lost");
});

test("a stream that does not confirm what was sent is silent, and its entries age", () => {
  const index = make();
  index.apply("w", batch(stored(names(1, 6), A)), 0);
  index.predict("w", HASHES, 10_000);
  assert.equal(index.streamOf("w", 500_000), "live", "a reuse emits nothing");
  index.predict("w", hashesOf(prompt(2, 3)), 500_000);
  assert.equal(index.streamOf("w", 509_999), "live");
  assert.equal(index.streamOf("w", 510_000), "silent");
  assert.equal(index.overlap(hashesOf(prompt(2, 3)), ["w"], 510_000)[0], 0, "unconfirmed in time");
  assert.equal(index.overlap(HASHES, ["w"], 559_999)[0], 6);
  assert.equal(index.overlap(HASHES, ["w"], 560_000)[0], 0);
  index.apply("w", batch(stored(names(3, 3), prompt(3, 3))), 600_000);
  assert.equal(index.streamOf("w", 600_000), "live");
});

test("a thousand workers share a prefix", () => {
  const index = make();
  const workers = Array.from({ length: 1000 }, (_, i) => `w${i}`);
  for (const [i, worker] of workers.entries())
    index.apply(worker, batch(stored(names(1, 1 + (i % 6)), A.subarray(0, 4 * (1 + (i % 6))))), 0);
  assert.deepEqual(
    [...index.overlap(HASHES, workers, 0)],
    workers.map((_, i) => 1 + (i % 6)),
  );
  for (const worker of workers) index.drop(worker);
  assert.equal(index.stats().blocks, 0);
});
