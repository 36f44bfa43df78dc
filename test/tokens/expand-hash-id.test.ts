// Trace hash ids as token ids.
import assert from "node:assert/strict";
import { test } from "node:test";
import { builtinTokenizer, expandHashId } from "../../src/tokens/index.ts";

test("an id always gives the same tokens, and a part of it gives their beginning", () => {
  const whole = expandHashId(46, 512, 128_000);
  assert.deepEqual(expandHashId(46, 512, 128_000), whole);
  assert.deepEqual(expandHashId(46, 100, 128_000), whole.subarray(0, 100));
});

test("ids, large ids and salts differ from each other", () => {
  const seen = new Set<string>();
  for (const id of [0, 1, 2, 2 ** 32, 2 ** 32 + 1, 2 ** 40, 182_790])
    for (const salt of [0, 1]) seen.add(expandHashId(id, 16, 128_000, salt).join());
  assert.equal(seen.size, 14);
});

test("200,000 ids share no first block", () => {
  const seen = new Set<string>();
  for (let id = 0; id < 200_000; id++) seen.add(expandHashId(id, 4, 128_000).join());
  assert.equal(seen.size, 200_000);
});

test("tokens stay within the vocabulary, or within the range that is given", () => {
  const { vocabularySize, canonical } = builtinTokenizer();
  for (const id of expandHashId(7, 5000, vocabularySize)) assert.ok(id >= 1000 && id < vocabularySize - 4096);
  for (const id of expandHashId(7, 5000, canonical)) assert.ok(id >= canonical.first && id < canonical.end);
  for (const id of expandHashId(7, 100, 10)) assert.ok(id >= 0 && id < 10);
});
