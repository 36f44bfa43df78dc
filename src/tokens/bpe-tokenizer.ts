// Byte-level byte-pair encoding: Llama 3, Qwen, gpt-oss, DeepSeek, Mistral (Tekken) and alike.
import { type AddedToken, addedTokenSplitter, type Piece } from "./added-tokens.ts";
import { byteCharacter } from "./byte-alphabet.ts";
import { type BpeParts, bpeParts } from "./bpe-parts.ts";
import { mergeTable } from "./merge-table.ts";
import { mergeWord } from "./merge-word.ts";
import { normalizer } from "./normalizer.ts";
import { preTokenizer } from "./pre-tokenizer.ts";
import { type TokenTable, tokenTable } from "./token-table.ts";
import type { Tokenizer } from "./tokenizer.ts";
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
  return tokenizerOfParts(bpeParts(json), options);
}

export function tokenizerOfParts(parts: BpeParts, options: BpeOptions): Tokenizer {
  const { addedTokens, before, after } = parts;
  const table = tokenTable(parts.tokens);
  const encodePlain = plainEncoder(parts, wordEncoder(parts, table, wordCache(options.cachedWords ?? 65_536)));
  const splitRaw = addedTokenSplitter(addedTokens.filter((token) => !token.normalized));
  const hidden = new Set(addedTokens.filter((token) => token.special).map((token) => token.id));
  const addedIds = new Set(addedTokens.map((token) => token.id));
  const idOf = (token: string): number | undefined => tokenId(addedTokens, table, token);

  return {
    name: options.name,
    vocabularySize: table.size,
    endOfSequence: endIds(options, idOf),
    idOf,
    spellingOf(id) {
      const bytes = table.bytesOf(id);
      if (addedIds.has(id)) return Buffer.from(bytes).toString("utf8");
      return Array.from(bytes, byteCharacter).join("");
    },
    encode(text, { addSpecialTokens = true } = {}) {
      const ids: number[] = addSpecialTokens ? [...before] : [];
      eachPiece(splitRaw, text, ids, encodePlain);
      if (addSpecialTokens) ids.push(...after);
      return ids;
    },
    decode(ids, { keepSpecial = false } = {}) {
      const bytes: Uint8Array[] = [];
      for (let i = 0; i < ids.length; i++) {
        const id = ids[i] ?? 0;
        if (keepSpecial || !hidden.has(id)) bytes.push(table.bytesOf(id));
      }
      return Buffer.concat(bytes).toString("utf8");
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
function plainEncoder(parts: BpeParts, words: Append): Append {
  const normalize = normalizer(parts.normalizer);
  const split = addedTokenSplitter(
    parts.addedTokens
      .filter((token) => token.normalized)
      .map((token) => ({ ...token, content: normalize?.(token.content) ?? token.content })),
  );
  return (text, ids) => eachPiece(split, normalize === undefined ? text : normalize(text), ids, words);
}

function wordEncoder(parts: BpeParts, table: TokenTable, cache: WordCache): Append {
  const { byteIds, ignoreMerges } = parts;
  const cut = preTokenizer(parts.preTokenizer);
  const merges = mergeTable(parts.merges);

  function encodeWord(word: string): readonly number[] {
    const bytes = Buffer.from(word, "utf8");
    const whole = ignoreMerges ? table.find(bytes) : -1;
    if (whole >= 0) return [whole];
    const ids = Array.from(bytes, (byte) => byteIds[byte] ?? 0);
    return mergeWord(ids, merges);
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
