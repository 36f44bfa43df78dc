// A whole byte-level tokenizer.json of 260 tokens, for tests that only need one.
import { byteCharacter } from "../../src/tokens/byte-alphabet.ts";

export function tinyJson(): object {
  const bytes = Array.from({ length: 256 }, (_, byte) => [byteCharacter(byte), byte] as const);
  const pairs = [
    ["H", "i"],
    ["w", "o"],
    ["r", "d"],
    ["wo", "rd"],
  ] as const;
  const merged = pairs.map(([left, right], rank) => [left + right, 256 + rank] as const);
  const token = (id: number, content: string) => ({ id, content, special: true, normalized: false });
  return {
    added_tokens: [token(300, "<|endoftext|>"), token(301, "<|im_end|>")],
    normalizer: null,
    pre_tokenizer: { type: "ByteLevel", add_prefix_space: false, use_regex: true },
    post_processor: null,
    model: {
      type: "BPE",
      vocab: Object.fromEntries([...bytes, ...merged]),
      merges: pairs.map((pair) => pair.join(" ")),
    },
  };
}
