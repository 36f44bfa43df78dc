// Chained block hashes: equal for equal content, different for any difference, the same one by one as in bulk.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { chainHash, extendBlocks, hashBlocks, seedPair } from "../../src/tokens/index.ts";

const seed = { model: "m" };
const idArray = fc.array(fc.nat(150_000), { maxLength: 100 });

function pairs(hashes: { count: number; words: Int32Array }): number[] {
  return [...hashes.words.subarray(0, 2 * hashes.count)];
}

test("only full blocks are hashed, from arrays and typed arrays alike", () => {
  const ids = Array.from({ length: 35 }, (_, i) => i);
  const hashes = hashBlocks(ids, 16, seed);
  assert.equal(hashes.count, 2);
  assert.deepEqual(pairs(hashBlocks(Int32Array.from(ids), 16, seed)), pairs(hashes));
  assert.equal(hashBlocks(ids.slice(0, 15), 16, seed).count, 0);
});

test("a common prefix gives common hashes and a changed token changes its block and all later ones", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(150_000), { minLength: 32, maxLength: 128 }), fc.nat(), (ids, pick) => {
      const at = pick % (ids.length - (ids.length % 16));
      const other = ids.with(at, (ids[at] ?? 0) + 1);
      const [a, b] = [pairs(hashBlocks(ids, 16, seed)), pairs(hashBlocks(other, 16, seed))];
      for (let block = 0; 2 * block < a.length; block++) {
        const same = a[2 * block] === b[2 * block] && a[2 * block + 1] === b[2 * block + 1];
        assert.equal(same, block < Math.floor(at / 16));
      }
    }),
  );
});

test("chainHash from a parent's pair continues the same chain", () => {
  const ids = Int32Array.from({ length: 64 }, (_, i) => i * 31);
  const hashes = hashBlocks(ids, 16, seed);
  const pair = hashes.words.slice(2, 4);
  chainHash(pair, [...ids], 32, 48);
  assert.deepEqual([...pair], [...hashes.words.subarray(4, 6)]);
  const first = seedPair(seed);
  chainHash(first, ids, 0, 16);
  assert.deepEqual([...first], [...hashes.words.subarray(0, 2)]);
});

test("extending token by token ends at the hashes of the whole", () => {
  fc.assert(
    fc.property(idArray, idArray, (start, more) => {
      let hashes = hashBlocks(start, 4, seed);
      const ids = [...start];
      for (const id of more) {
        ids.push(id);
        hashes = extendBlocks(hashes, ids, seed);
      }
      assert.deepEqual(pairs(hashes), pairs(hashBlocks(ids, 4, seed)));
    }),
  );
});

test("model, LoRA and salt each make other content, unambiguously", () => {
  const seeds = [
    { model: "ab" },
    { model: "a", lora: "b" },
    { model: "a", salt: "b" },
    { model: "a", lora: "" },
    { model: "a" },
    { model: "a", lora: "b", salt: "c" },
    { model: "a", lora: "bc" },
    { model: "", lora: "ab" },
  ];
  const seen = new Set(seeds.map((one) => pairs(hashBlocks([1, 2, 3, 4], 4, one)).join()));
  assert.equal(seen.size, seeds.length);
});

test("a given buffer is filled when it is large enough", () => {
  const into = new Int32Array(8);
  assert.equal(hashBlocks([1, 2, 3, 4], 2, seed, into).words, into);
  assert.notEqual(hashBlocks([1, 2, 3, 4], 2, seed, new Int32Array(1)).words.length, 1);
});

test("a million similar blocks collide nowhere, and every bit is set in half of them", () => {
  const count = 1_000_000;
  const seen = new Set<bigint>();
  const wide = new BigInt64Array(1);
  const pair = new Int32Array(wide.buffer);
  const start = seedPair(seed);
  const ids = new Int32Array(16);
  const bits = new Int32Array(64);
  for (let i = 0; i < count; i++) {
    // Ids that differ in few bits, as neighbours in a vocabulary do.
    ids[i % 16] = i & 0x1ffff;
    ids[(i + 7) % 16] = i >>> 17;
    ids[15] = i;
    pair.set(start);
    chainHash(pair, ids, 0, 16);
    seen.add(wide[0] ?? 0n);
    for (let bit = 0; bit < 64; bit++) bits[bit] = (bits[bit] ?? 0) + (((pair[bit >> 5] ?? 0) >>> (bit & 31)) & 1);
  }
  assert.equal(seen.size, count);
  // 6 standard deviations of a fair coin.
  for (const set of bits) assert.ok(Math.abs(set - count / 2) < 3 * Math.sqrt(count), String(set));
});

test("flipping one input bit flips about half of the output bits", () => {
  let flips = 0;
  const rounds = 2000;
  for (let i = 0; i < rounds; i++) {
    const ids = Int32Array.from({ length: 16 }, (_, j) => Math.imul(i * 16 + j, 0x9e3779b1) & 0x1ffff);
    const other = ids.with(i % 16, (ids[i % 16] ?? 0) ^ (1 << (i % 17)));
    const [a, b] = [hashBlocks(ids, 16, seed).words, hashBlocks(other, 16, seed).words];
    for (let word = 0; word < 2; word++) flips += bitCount((a[word] ?? 0) ^ (b[word] ?? 0));
  }
  assert.ok(Math.abs(flips / rounds - 32) < 0.6, String(flips / rounds));
});

function bitCount(word: number): number {
  let count = 0;
  for (let rest = word; rest !== 0; rest &= rest - 1) count++;
  return count;
}
