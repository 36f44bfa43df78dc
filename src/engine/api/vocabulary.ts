// The tokens that the simulated model speaks with: whole words that survive decoding and encoding, so that its text re-tokenises to the same ids.
import type { BuiltinTokenizer, Tokenizer } from "../../tokens/index.ts";

export interface Vocabulary {
  /** " word": follow a word. */
  readonly words: readonly number[];
  /** " Word": follow the end of a sentence. */
  readonly openers: readonly number[];
  readonly comma: number | undefined;
  readonly period: number | undefined;
  /** Words of several tokens whose parts are broken UTF-8 each. */
  readonly compounds: readonly (readonly number[])[];
  readonly endOfSequence: number;
}

/** Enough variety; more only makes the start slow. */
const WORDS_WANTED = 3000;
const COMPOUNDS = [" 🙂", " naïve", " café", " 東京", " Zürich", " δοκιμή", " ✓"];

export function speakableVocabulary(tokenizer: Tokenizer | BuiltinTokenizer): Vocabulary {
  const words: number[] = [];
  const openers: number[] = [];
  // The built-in tokenizer has tokens that look like words and are none.
  const { first, end } = "words" in tokenizer ? tokenizer.words : { first: 0, end: tokenizer.vocabularySize };
  for (let id = first; id < end && words.length < WORDS_WANTED; id++) {
    const text = tokenizer.decode([id]);
    if (!/^ [A-Za-z][a-z]{2,}$/.test(text) || !roundTrips(tokenizer, text, id)) continue;
    (/^ [A-Z]/.test(text) ? openers : words).push(id);
  }
  const usable = words.length > 0 ? words : anyTokens(tokenizer);
  return {
    words: usable,
    openers: openers.length > 0 ? openers : usable,
    comma: single(tokenizer, ","),
    period: single(tokenizer, "."),
    compounds: COMPOUNDS.map((text) => tokenizer.encode(text, { addSpecialTokens: false })).filter(
      (ids) => ids.length > 1 && ids.length < 8,
    ),
    endOfSequence: tokenizer.endOfSequence[0] ?? 0,
  };
}

function roundTrips(tokenizer: Tokenizer, text: string, id: number): boolean {
  const ids = tokenizer.encode(text, { addSpecialTokens: false });
  return ids.length === 1 && ids[0] === id;
}

function single(tokenizer: Tokenizer, text: string): number | undefined {
  const ids = tokenizer.encode(text, { addSpecialTokens: false });
  return ids.length === 1 ? ids[0] : undefined;
}

/** A tokenizer without words with a leading space (another script, a toy): whatever is printable. */
function anyTokens(tokenizer: Tokenizer): number[] {
  const ends = new Set(tokenizer.endOfSequence);
  const ids: number[] = [];
  for (let id = 0; id < tokenizer.vocabularySize && ids.length < WORDS_WANTED; id++)
    if (!ends.has(id) && /^[\p{L}\p{N} ]+$/u.test(tokenizer.decode([id]))) ids.push(id);
  return ids.length > 0 ? ids : [0];
}
