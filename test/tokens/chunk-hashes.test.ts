// Text chunks as a stand-in for token blocks.
import assert from "node:assert/strict";
import { test } from "node:test";
import { chunkHashes } from "../../src/tokens/index.ts";

const seed = { model: "m" };

test("text and its UTF-8 bytes have the same hashes; the result calls itself approximate", () => {
  const text = "Ein längerer Text mit Umlauten und 😀, wiederholt. ".repeat(5);
  const hashes = chunkHashes(text, 16, seed);
  assert.deepEqual(chunkHashes(Buffer.from(text), 16, seed), hashes);
  assert.equal(hashes.approximate, true);
  assert.equal(hashes.nominalTokens, Math.ceil(Buffer.byteLength(text) / 4));
  assert.equal(hashes.count, Math.floor(Buffer.byteLength(text) / 64));
});

test("a shared prefix shares chunks", () => {
  const prefix = "p".repeat(640);
  const [a, b] = [chunkHashes(`${prefix}aaaa`, 16, seed), chunkHashes(`${prefix}${"b".repeat(80)}`, 16, seed)];
  assert.equal(a.count, 10);
  assert.deepEqual(a.words.subarray(0, 20), b.words.subarray(0, 20));
});
