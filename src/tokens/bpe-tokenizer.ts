// Byte-level byte-pair encoding from a tokenizer.json: Llama 3, Qwen, gpt-oss, DeepSeek, Mistral (Tekken) and alike.
import { type AddedToken, addedTokenSplitter, type Piece } from "./added-tokens.ts";
import { byteCharacter, tokenBytes } from "./byte-alphabet.ts";
import { type MergeTable, mergeTable } from "./merge-table.ts";
import { mergeWord } from "./merge-word.ts";
import { preTokenizer } from "./pre-tokenizer.ts";
import { type TokenTable, tokenTable } from "./token-table.ts";
import type { Tokenizer } from "./tokenizer.ts";
import { type TokenizerFile, tokenizerFile } from "./tokenizer-file.ts";
import { invalid, unsupported } from "./unsupported-tokenizer.ts";
import { type WordCache, wordCache } from "./word-cache.ts";

export interface BpeOptions {
  /** The path that is shown in logs. */
  readonly name: string;
  /** Texts of the tokens that end a sequence, the usual one first; unknown ones are left out. */
  readonly endOfSequence?: readonly string[] | undefined;
  /** Further ids that end a sequence (`eos_token_id` of generation_config.json). */
  readonly endOfSequenceIds?: readonly number[] | undefined;
  /** Words kept with their ids; about 150 bytes each. */
  readonly cachedWords?: number | undefined;
}

/** `json` is a parsed tokenizer.json. Throws SWG_TOKENIZER_UNSUPPORTED or SWG_TOKENIZER_INVALID. */
export function bpeTokenizer(json: unknown, options: BpeOptions): Tokenizer {
  const file = tokenizerFile(json);
  // Taken out one by one: a closure that held `file` would keep 300,000 strings alive.
  const { addedTokens, before, after } = file;
  const table = tokenTable(tableEntries(file));
  const words = wordEncoder(file, table, wordCache(options.cachedWords ?? 65_536));
  const encodePlain = plainEncoder(file, words);
  const splitRaw = addedTokenSplitter(addedTokens.filter((token) => !token.normalized));
  const hidden = new Set(addedTokens.filter((token) => token.special).map((token) => token.id));
  const idOf = (token: string): number | undefined => tokenId(addedTokens, table, token);

  return {
    name: options.name,
    vocabularySize: table.size,
    endOfSequence: endIds(options, idOf),
    idOf,
    encode(text, { addSpecialTokens = true } = {}) {
      const ids: number[] = addSpecialTokens ? [...before] : [];
      eachPiece(splitRaw, text, ids, encodePlain);
      if (addSpecialTokens) ids.push(...after);
      return ids;
    },
    decode(ids, { keepSpecial = false } = {}) {
      const parts: Uint8Array[] = [];
      for (let i = 0; i < ids.length; i++) {
        const id = ids[i] ?? 0;
        if (keepSpecial || !hidden.has(id)) parts.push(table.bytesOf(id));
      }
      return Buffer.concat(parts).toString("utf8");
    },
  };
}

type Append = (text: string, ids: number[]) => void;

function eachPiece(split: ((text: string) => Piece[]) | undefined, text: string, ids: number[], encode: Append): void {
  if (split === undefined) return encode(text, ids);
  for (const piece of split(text)) {
    if (typeof piece === "number") ids.push(piece);
    else encode(piece, ids);
  }
}

/** Text without raw added tokens: normalise, take out the added tokens that are matched after that, cut into words. */
function plainEncoder(file: TokenizerFile, words: Append): Append {
  const { normalize } = file;
  const normalized = file.addedTokens.filter((token) => token.normalized);
  const split = addedTokenSplitter(
    normalized.map((token) => ({ ...token, content: normalize?.(token.content) ?? token.content })),
  );
  return (text, ids) => eachPiece(split, normalize === undefined ? text : normalize(text), ids, words);
}

function wordEncoder(file: TokenizerFile, table: TokenTable, cache: WordCache): Append {
  const cut = preTokenizer(file.preTokenizer);
  const merges = readMergeTable(file, table);
  const byteIds = readByteIds(file);
  const { ignoreMerges } = file;

  function encodeWord(word: string): readonly number[] {
    const bytes = Buffer.from(word, "utf8");
    const whole = ignoreMerges ? table.find(bytes) : -1;
    if (whole >= 0) return [whole];
    return mergeWord(
      Array.from(bytes, (byte) => byteIds[byte] ?? 0),
      merges,
    );
  }

  return (text, ids) => {
    if (text === "") return;
    for (const word of cut(text)) {
      let known = cache.get(word);
      if (known === undefined) {
        known = encodeWord(word);
        cache.set(word, known);
      }
      // A loop, as a spread of a megabyte of ids overflows the stack.
      for (let i = 0; i < known.length; i++) ids.push(known[i] ?? 0);
    }
  };
}

function readByteIds(file: TokenizerFile): Int32Array {
  const ids = Int32Array.from({ length: 256 }, (_, byte) => file.vocabulary[byteCharacter(byte)] ?? -1);
  if (ids.includes(-1)) throw unsupported("model.vocab", "without all 256 bytes", "a byte-level vocabulary");
  return ids;
}

function readMergeTable(file: TokenizerFile, table: TokenTable): MergeTable {
  return mergeTable(
    file.merges.map(([left, right]) => {
      const ids = [left, right, left + right].map((token) => file.vocabulary[token]);
      const [a, b, result] = ids;
      if (a === undefined || b === undefined || result === undefined || result >= table.size) {
        throw invalid(
          `model.merges: ${JSON.stringify(left)} + ${JSON.stringify(right)}`,
          "made of tokens of the vocabulary",
        );
      }
      return { left: a, right: b, result };
    }),
  );
}

/** Added tokens come last, so that their own text wins where they share an id with a token of the vocabulary. */
function* tableEntries(file: TokenizerFile): Generator<readonly [number, Uint8Array]> {
  const added = new Set(file.addedTokens.map((token) => token.id));
  for (const [token, id] of Object.entries(file.vocabulary)) if (!added.has(id)) yield [id, tokenBytes(token)];
  for (const token of file.addedTokens) yield [token.id, Buffer.from(token.content, "utf8")];
}

function tokenId(addedTokens: readonly AddedToken[], table: TokenTable, token: string): number | undefined {
  const added = addedTokens.find((one) => one.content === token);
  if (added !== undefined) return added.id;
  const id = table.find(Buffer.from(token, "utf8"));
  return id < 0 ? undefined : id;
}

function endIds(options: BpeOptions, idOf: Tokenizer["idOf"]): number[] {
  const named = (options.endOfSequence ?? []).map(idOf).filter((id) => id !== undefined);
  return [...new Set([...named, ...(options.endOfSequenceIds ?? [])])];
}
