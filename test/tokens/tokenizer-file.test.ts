// Tokenizer files that are not supported, or broken, are refused by the name of what is wrong with them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { SwitchgearError } from "../../src/core/index.ts";
import { bpeTokenizer } from "../../src/tokens/index.ts";

const model = { type: "BPE", vocab: { a: 0 }, merges: [] };
const pre_tokenizer = { type: "ByteLevel", use_regex: true };
const base = { model, pre_tokenizer, added_tokens: [] };
const splitOn = (Regex: string) => ({
  type: "Sequence",
  pretokenizers: [
    { type: "Split", pattern: { Regex }, behavior: "Isolated" },
    { type: "ByteLevel", use_regex: false },
  ],
});

const UNSUPPORTED: readonly [string, object, RegExp][] = [
  ["WordPiece", { ...base, model: { type: "WordPiece", vocab: {} } }, /model\.type WordPiece/],
  ["Unigram", { ...base, model: { type: "Unigram", vocab: [] } }, /model\.type Unigram/],
  ["SentencePiece BPE", { ...base, model: { ...model, byte_fallback: true } }, /byte_fallback/],
  ["word suffixes", { ...base, model: { ...model, end_of_word_suffix: "</w>" } }, /end_of_word_suffix/],
  ["a vocabulary without bytes", base, /256 bytes/],
  ["Metaspace", { ...base, pre_tokenizer: { type: "Metaspace" } }, /pre_tokenizer "?Metaspace/],
  ["no pre-tokenizer", { ...base, pre_tokenizer: null }, /pre_tokenizer null/],
  ["another normalizer", { ...base, normalizer: { type: "Lowercase" } }, /normalizer Lowercase/],
  ["another post-processor", { ...base, post_processor: { type: "BertProcessing" } }, /post_processor BertProcessing/],
  ["possessive quantifiers", { ...base, pre_tokenizer: splitOn("\\p{N}++") }, /\+\+/],
  ["intersections", { ...base, pre_tokenizer: splitOn("[\\p{L}&&\\p{Lu}]") }, /&&/],
  ["atomic groups", { ...base, pre_tokenizer: splitOn("(?>a)") }, /\(\?>/],
  ["anchors of Oniguruma", { ...base, pre_tokenizer: splitOn("\\Ga") }, /\\G/],
];

const INVALID: readonly [string, unknown][] = [
  ["a list", []],
  ["no model", {}],
  ["no vocabulary", { ...base, model: { type: "BPE", merges: [] } }],
  ["ids that are no numbers", { ...base, model: { ...model, vocab: { a: "x" } } }],
  ["merges that are no pairs", { ...base, model: { ...model, merges: [["a"]] } }],
  ["added tokens without id", { ...base, added_tokens: [{ content: "x" }] }],
  [
    "a template without its token",
    { ...base, post_processor: { type: "TemplateProcessing", single: [{ SpecialToken: { id: "x" } }] } },
  ],
];

for (const [what, json, message] of UNSUPPORTED) {
  test(`${what}: not supported`, () => {
    assert.throws(
      () => bpeTokenizer(json, { name: "t" }),
      (thrown) => {
        assert.ok(thrown instanceof SwitchgearError);
        assert.equal(thrown.code, "SWG_TOKENIZER_UNSUPPORTED");
        assert.match(thrown.message, message);
        return true;
      },
    );
  });
}

for (const [what, json] of INVALID) {
  test(`${what}: invalid`, () => {
    assert.throws(() => bpeTokenizer(json, { name: "t" }), { name: "SwitchgearError", code: "SWG_TOKENIZER_INVALID" });
  });
}
