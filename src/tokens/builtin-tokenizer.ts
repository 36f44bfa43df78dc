// A tokenizer that needs no files: common English words, groups of three letters, single characters, bytes.
import { BASE, HIDDEN_SPECIALS, SPECIAL_TOKENS, tokenText } from "./builtin-vocabulary.ts";
import { encodeRange } from "./builtin-encoder.ts";
import { codeUnits } from "./code-units.ts";
import type { IdRange } from "./expand-hash-id.ts";
import type { Tokenizer } from "./tokenizer.ts";

export interface BuiltinTokenizer extends Tokenizer {
  /** Any sequence of these ids decodes to text that encodes to the same ids (each is a space and a whole word). */
  readonly canonical: IdRange;
  /** The part of `canonical` whose tokens are English words. */
  readonly words: IdRange;
}

const END_OF_TEXT = BASE.special;
const BEGIN_OF_TEXT = BASE.special + 1;
const IM_END = BASE.special + 3;
const specialPattern = new RegExp(SPECIAL_TOKENS.map((token) => token.replaceAll("|", "\\|")).join("|"), "y");

/** Deterministic: the same ids in every release of one major version. Shared, as it holds no state. */
export function builtinTokenizer(): BuiltinTokenizer {
  return tokenizer;
}

const tokenizer: BuiltinTokenizer = {
  name: "builtin",
  vocabularySize: BASE.end,
  endOfSequence: [IM_END, END_OF_TEXT],
  canonical: { first: BASE.spaceWord, end: BASE.word },
  words: { first: BASE.spaceWord, end: BASE.spaceLetters },
  encode(text, options) {
    const ids: number[] = options?.addSpecialTokens === false ? [] : [BEGIN_OF_TEXT];
    const units = codeUnits(text);
    let start = 0;
    // Every special token begins with this letter: finding it is cheaper than trying the pattern everywhere.
    for (let at = text.indexOf("<"); at >= 0; at = text.indexOf("<", at + 1)) {
      specialPattern.lastIndex = at;
      const [token] = specialPattern.exec(text) ?? [];
      if (token === undefined) continue;
      encodeRange(units, { start, end: at }, ids);
      ids.push(BASE.special + specialIndex(token));
      start = at + token.length;
    }
    encodeRange(units, { start, end: text.length }, ids);
    return ids;
  },
  decode(ids, options) {
    return decodeIds(ids, options?.keepSpecial === true);
  },
  idOf(token) {
    const special = specialIndex(token);
    if (special >= 0) return BASE.special + special;
    const ids: number[] = [];
    encodeRange(codeUnits(token), { start: 0, end: token.length }, ids);
    return ids.length === 1 ? ids[0] : undefined;
  },
};

function specialIndex(token: string): number {
  return (SPECIAL_TOKENS as readonly string[]).indexOf(token);
}

function decodeIds(ids: ArrayLike<number>, keepSpecial: boolean): string {
  let text = "";
  let bytes: number[] = [];
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i] ?? 0;
    if (id < 256) {
      bytes.push(id);
      continue;
    }
    if (bytes.length > 0) {
      text += Buffer.from(bytes).toString("utf8");
      bytes = [];
    }
    text += id < BASE.special ? tokenText(id) : specialText(id, keepSpecial);
  }
  return bytes.length === 0 ? text : text + Buffer.from(bytes).toString("utf8");
}

/** Ids beyond the vocabulary have no text. */
function specialText(id: number, keepSpecial: boolean): string {
  const index = id - BASE.special;
  return index < HIDDEN_SPECIALS && !keepSpecial ? "" : (SPECIAL_TOKENS[index] ?? "");
}
