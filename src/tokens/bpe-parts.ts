// A tokenizer.json cut down to what encoding needs: flat arrays and short lists, small enough to keep and to send.
import { byteCharacter, tokenBytes } from "./byte-alphabet.ts";
import { type Merge, type MergeArrays, mergeArrays } from "./merge-table.ts";
import { normalizer } from "./normalizer.ts";
import { preTokenizer } from "./pre-tokenizer.ts";
import { type TokenArrays, tokenArrays } from "./token-table.ts";
import { type TokenizerFile, tokenizerFile } from "./tokenizer-file.ts";
import { invalid, unsupported } from "./unsupported-tokenizer.ts";

/** Survives structured cloning. */
export interface BpeParts extends Omit<TokenizerFile, "vocabulary" | "merges"> {
  readonly tokens: TokenArrays;
  readonly merges: MergeArrays;
  /** The token of each byte. */
  readonly byteIds: Int32Array;
}

/** `json` is a parsed tokenizer.json. Throws SWG_TOKENIZER_UNSUPPORTED or SWG_TOKENIZER_INVALID. */
export function bpeParts(json: unknown): BpeParts {
  const file = tokenizerFile(json);
  const { vocabulary: _vocabulary, merges: _merges, ...rest } = file;
  // Built for their errors only: functions cannot be sent.
  normalizer(file.normalizer);
  preTokenizer(file.preTokenizer);
  return {
    ...rest,
    tokens: tokenArrays(tableEntries(file)),
    merges: mergeArrays(file.merges.map((pair) => toMerge(pair, file.vocabulary))),
    byteIds: readByteIds(file),
  };
}

/** An added token's own text wins where it shares its id with a token of the vocabulary. */
function* tableEntries(file: TokenizerFile): Generator<readonly [number, Uint8Array]> {
  const added = new Set(file.addedTokens.map((token) => token.id));
  for (const [token, id] of Object.entries(file.vocabulary)) if (!added.has(id)) yield [id, tokenBytes(token)];
  for (const token of file.addedTokens) yield [token.id, Buffer.from(token.content, "utf8")];
}

function toMerge([left, right]: readonly [string, string], vocabulary: TokenizerFile["vocabulary"]): Merge {
  const [a, b, result] = [vocabulary[left], vocabulary[right], vocabulary[left + right]];
  if (a !== undefined && b !== undefined && result !== undefined) return { left: a, right: b, result };
  throw invalid(`model.merges: ${JSON.stringify([left, right])}`, "made of tokens of the vocabulary");
}

function readByteIds(file: TokenizerFile): Int32Array {
  const ids = Int32Array.from({ length: 256 }, (_, byte) => file.vocabulary[byteCharacter(byte)] ?? -1);
  if (ids.includes(-1)) throw unsupported("model.vocab", "without all 256 bytes", "a byte-level vocabulary");
  return ids;
}
