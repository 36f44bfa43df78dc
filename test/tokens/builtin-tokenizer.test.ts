// The tokenizer that needs no files.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { builtinTokenizer } from "../../src/tokens/index.ts";

const tokenizer = builtinTokenizer();
const raw = { addSpecialTokens: false };

test("every well-formed string comes back as it was", () => {
  const texts = fc.oneof(
    fc.string({ unit: "binary", maxLength: 60 }),
    fc.string({ unit: "grapheme", maxLength: 60 }),
    fc.stringMatching(/^[ \n\r\tA-Za-z0-9.,;(){}<|>"'-]{0,80}$/),
  );
  fc.assert(
    fc.property(texts, (text) => {
      const ids = tokenizer.encode(text, raw);
      assert.equal(tokenizer.decode(ids, { keepSpecial: true }), text.toWellFormed());
      for (const id of ids) assert.ok(id >= 0 && id < tokenizer.vocabularySize);
    }),
    { numRuns: 3000 },
  );
});

test("a lone surrogate becomes U+FFFD", () => {
  assert.equal(tokenizer.decode(tokenizer.encode("a\ud800b", raw)), "a\ufffdb");
});

test("every id decodes to some text, and ids beyond the vocabulary to none", () => {
  for (let id = 0; id < tokenizer.vocabularySize; id++) {
    assert.notEqual(tokenizer.decode([id], { keepSpecial: true }), "", `id ${id}`);
  }
  assert.equal(tokenizer.decode([tokenizer.vocabularySize, 2 ** 31]), "");
});

test("no two ids have the same text", () => {
  const texts = new Set<string>();
  for (let id = 256; id < tokenizer.vocabularySize; id++) texts.add(tokenizer.decode([id], { keepSpecial: true }));
  assert.equal(texts.size, tokenizer.vocabularySize - 256);
});

test("any sequence of canonical ids survives decoding and encoding", () => {
  const { first, end } = tokenizer.canonical;
  fc.assert(
    fc.property(fc.array(fc.integer({ min: first, max: end - 1 }), { maxLength: 50 }), (ids) => {
      assert.deepEqual(tokenizer.encode(tokenizer.decode(ids), raw), ids);
    }),
  );
  assert.match(tokenizer.decode([tokenizer.words.first]), /^ [a-z]{4,}$/);
  assert.match(tokenizer.decode([tokenizer.words.end - 1]), /^ [a-z]{4,}$/);
});

test("special tokens in a text are tokens, and are left out when decoding", () => {
  const ids = tokenizer.encode("<|im_start|>user\nHi<|im_end|>");
  assert.equal(ids[0], tokenizer.idOf("<|begin_of_text|>"));
  assert.equal(ids[1], tokenizer.idOf("<|im_start|>"));
  assert.equal(ids.at(-1), tokenizer.endOfSequence[0]);
  assert.equal(tokenizer.decode(ids), "user\nHi");
  assert.equal(tokenizer.decode(tokenizer.encode("<|im_en", raw)), "<|im_en");
});

test("idOf knows ordinary tokens and no texts of several tokens", () => {
  assert.deepEqual(tokenizer.encode(" that", raw), [tokenizer.idOf(" that")]);
  assert.equal(tokenizer.idOf("several words"), undefined);
  assert.equal(tokenizer.idOf(""), undefined);
});

test("English prose takes about four characters a token", () => {
  const prose =
    "When a request arrives, the gateway decides which of the workers should answer it. The one that already holds the " +
    "beginning of the prompt has less to compute, but it may be busy; so the cost of waiting is counted as well.";
  const ratio = prose.length / tokenizer.encode(prose, raw).length;
  assert.ok(ratio > 3.6 && ratio < 5, String(ratio));
});

test("a long run of anything is encoded in one pass", () => {
  for (const unit of ["a", " ", "\n", "Z", "7", "é", "😀", "<|"]) {
    const text = unit.repeat(200_000);
    assert.equal(tokenizer.decode(tokenizer.encode(text, raw)), text);
  }
});
