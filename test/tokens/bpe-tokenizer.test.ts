// Byte-level BPE against Hugging Face's own JavaScript tokenizer, on a real tokenizer.json and on variants of it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Tokenizer as Oracle } from "@huggingface/tokenizers";
import * as fc from "fast-check";
import { seededRandom } from "../../src/core/index.ts";
import { bpeTokenizer, type Tokenizer } from "../../src/tokens/index.ts";
import { qwen3, qwen3Config, type Qwen3Json, qwen3Json } from "./qwen3.ts";
import { tinyJson } from "./tiny-tokenizer.ts";

/** Pieces that pre-tokenizers treat differently. */
const PIECES = [
  " ",
  "  ",
  "\n",
  "\r\n",
  "\r",
  "\t",
  " \n ",
  "\u00a0",
  "\u0085",
  "\u3000",
  "\ufeff",
  "\u200b",
  "the",
  "Hello",
  "don't",
  "I'LL",
  "it'S",
  "\u017f'\u017f",
  "'\u017ft",
  "naïve",
  "e\u0301",
  "Å",
  "\u212b",
  "straße",
  "ﬁ",
  "0",
  "42",
  "123456",
  "3.14",
  "٣",
  "Ⅷ",
  "½",
  "一二三",
  "日本語",
  "한국어",
  "हिन्दी",
  "ภาษาไทย",
  "עברית",
  "العربية",
  "😀",
  "👨‍👩‍👧‍👦",
  "🇩🇪",
  "❤️",
  "\u{1f9d1}\u{1f3fd}",
  "!",
  "...",
  "—",
  "“”",
  "=>",
  "::",
  "/**",
  "</div>",
  '{"a":1}',
  "_",
  "$",
  "€",
  "<|im_start|>",
  "<|im_end|>",
  "<think>",
  "</tool_call>",
  "<|im_",
  "x".repeat(60),
  "ab".repeat(40),
  "-".repeat(70),
  "\u0000",
  "\u007f",
];

function randomTexts(count: number): string[] {
  const random = seededRandom("bpe fuzz");
  const point = (): string => {
    const code = random.int(random.int(2) === 0 ? 0x250 : 0x20000);
    return code >= 0xd800 && code <= 0xdfff ? "?" : String.fromCodePoint(code);
  };
  const piece = (): string => (random.int(4) === 0 ? point() : (PIECES[random.int(PIECES.length)] ?? ""));
  return Array.from({ length: count }, () => Array.from({ length: 1 + random.int(12) }, piece).join(""));
}

function assertSame(json: object, texts: readonly string[], tokenizer: Tokenizer): void {
  const oracle = new Oracle(json, qwen3Config());
  for (const text of texts) {
    const expected = oracle.encode(text, { add_special_tokens: false }).ids;
    assert.deepEqual(tokenizer.encode(text, { addSpecialTokens: false }), expected, JSON.stringify(text));
  }
}

test("2,500 random strings have the ids of Hugging Face's tokenizer", () => {
  assertSame(qwen3Json(), randomTexts(2500), qwen3());
});

const SPLITS = {
  "Llama 3":
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
  "gpt-oss":
    "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
};
const DEEPSEEK = [
  "\\p{N}{1,3}",
  "[一-龥぀-ゟ゠-ヿ]+",
  "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
];

/** The first 20,000 tokens, as the oracle takes a second to build the whole: a merge's token follows the one before. */
function smallJson(): Qwen3Json {
  const json = qwen3Json();
  const count = 20_000;
  const vocab = Object.fromEntries(Object.entries(json.model.vocab).filter(([, id]) => id < count));
  return { ...json, model: { ...json.model, vocab, merges: json.model.merges.slice(0, count - 256) } };
}

function variant(patterns: readonly string[], changes: object = {}): object {
  const splits = patterns.map((Regex) => ({ type: "Split", pattern: { Regex }, behavior: "Isolated", invert: false }));
  const byteLevel = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: false };
  const json = smallJson();
  return {
    ...json,
    normalizer: null,
    pre_tokenizer: { type: "Sequence", pretokenizers: [...splits, byteLevel] },
    model: { ...json.model, ...changes },
  };
}

/** The oracle's \s is JavaScript's, which has U+FEFF and lacks U+0085. */
const withoutRareBlanks = randomTexts(250).filter((text) => !/[\ufeff\u0085]/.test(text));

for (const [family, pattern] of Object.entries(SPLITS)) {
  test(`${family}'s way of cutting words agrees too, with merges ignored for whole tokens`, () => {
    const json = variant([pattern], { ignore_merges: true });
    assertSame(json, withoutRareBlanks, bpeTokenizer(json, { name: family }));
  });
}

test("DeepSeek's three cuts in a row agree too", () => {
  const json = variant(DEEPSEEK);
  assertSame(json, withoutRareBlanks, bpeTokenizer(json, { name: "deepseek" }));
});

test("GPT-2's own pattern agrees, which ByteLevel brings along", () => {
  const json = { ...smallJson(), pre_tokenizer: { type: "ByteLevel", add_prefix_space: false, use_regex: true } };
  assertSame(json, withoutRareBlanks, bpeTokenizer(json, { name: "gpt2" }));
});

test("text comes back composed and otherwise as it was", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 80 }), (text) => {
      const ids = qwen3().encode(text);
      assert.equal(qwen3().decode(ids, { keepSpecial: true }), text.toWellFormed().normalize("NFC"));
    }),
    { numRuns: 300 },
  );
});

test("special tokens are one id each and are left out when decoding", () => {
  const ids = qwen3().encode("<|im_start|>user\nHi<think><|im_end|>");
  assert.deepEqual(ids, [151644, 872, 198, 13048, 151667, 151645]);
  assert.equal(qwen3().decode(ids), "user\nHi<think>");
  assert.deepEqual(qwen3().endOfSequence, [151645, 151643]);
  assert.equal(qwen3().idOf(" the"), 279);
  assert.equal(qwen3().idOf("no such token"), undefined);
});

test("a character cut in two decodes to U+FFFD, and with its other half to itself", () => {
  const ids = qwen3().encode("🪿");
  assert.ok(ids.length > 1);
  assert.equal(qwen3().decode(ids.slice(0, 1)), "\ufffd");
  assert.equal(qwen3().decode(ids), "🪿");
});

test("a post-processor's begin token is added once, unless it is not wanted", () => {
  const post_processor = {
    type: "Sequence",
    processors: [
      { type: "ByteLevel", add_prefix_space: true, trim_offsets: false, use_regex: true },
      {
        type: "TemplateProcessing",
        single: [{ SpecialToken: { id: "<|endoftext|>", type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }],
        pair: [],
        special_tokens: { "<|endoftext|>": { id: "<|endoftext|>", ids: [300], tokens: ["<|endoftext|>"] } },
      },
    ],
  };
  const tokenizer = bpeTokenizer({ ...tinyJson(), post_processor }, { name: "bos" });
  assert.deepEqual(tokenizer.encode("Hi"), [300, 256]);
  assert.deepEqual(tokenizer.encode("Hi", { addSpecialTokens: false }), [256]);
});

test("a long run of anything is encoded in bounded time", { timeout: 20_000 }, () => {
  for (const unit of ["a", " ", "\n", "!?", "😀", "aB", "日本", "x ", "<|im_start|>", "'s"]) {
    const text = unit.repeat(Math.ceil(120_000 / unit.length));
    assert.equal(qwen3().decode(qwen3().encode(text), { keepSpecial: true }), text, unit);
  }
});

test("the word cache stays small and forgets nothing that matters", () => {
  const tokenizer = bpeTokenizer(tinyJson(), { name: "small cache", cachedWords: 4 });
  const text = Array.from({ length: 50 }, (_, i) => `word${i % 7}`).join(" ");
  assert.deepEqual(tokenizer.encode(text), bpeTokenizer(tinyJson(), { name: "large cache" }).encode(text));
});
