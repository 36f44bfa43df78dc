// The built-in tokenizer's vocabulary: ranges of ids whose text is arithmetic, so that no table has to be stored.
import { COMMON_WORDS } from "./common-words.ts";

export const SPECIAL_TOKENS = [
  "<|endoftext|>",
  "<|begin_of_text|>",
  "<|im_start|>",
  "<|im_end|>",
  "<tool_call>",
  "</tool_call>",
  "<tool_response>",
  "</tool_response>",
  "<think>",
  "</think>",
] as const;

/** The first four are left out when decoding, as Hugging Face does for `special: true`. */
export const HIDDEN_SPECIALS = 4;

const WORDS = COMMON_WORDS.length;
/** One to three letters: 26 + 26² + 26³. */
const LETTER_GROUPS = 26 + 676 + 17576;
/** Printable ASCII that is neither letter, digit nor space. */
export const PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";
export const MAX_SPACES = 16;

interface CharRange {
  readonly first: number;
  readonly last: number;
}
/** Characters beyond ASCII with an id of their own; all others are spelt in bytes. */
const CHARACTERS: readonly CharRange[] = [
  { first: 0x80, last: 0x7ff }, // Latin, Greek, Cyrillic, Hebrew, Arabic
  { first: 0x2010, last: 0x2027 }, // dashes, quotes, ellipsis
  { first: 0x3000, last: 0x30ff }, // CJK punctuation, kana
  { first: 0x4e00, last: 0x9fff }, // CJK ideographs
  { first: 0xac00, last: 0xd7a3 }, // Hangul
];

/** Where each kind of token begins; a byte's id is its value. */
export const BASE = layOut({
  spaceWord: WORDS,
  spaceLetters: LETTER_GROUPS,
  word: WORDS,
  letters: LETTER_GROUPS,
  spaceCapitalWord: WORDS,
  spaceCapitalLetters: LETTER_GROUPS,
  capitalWord: WORDS,
  capitalLetters: LETTER_GROUPS,
  digits2: 100,
  digits3: 1000,
  spacePunctuation: PUNCTUATION.length,
  spaces: MAX_SPACES - 1,
  newlines: 1,
  characters: CHARACTERS.reduce((sum, range) => sum + range.last - range.first + 1, 0),
  special: SPECIAL_TOKENS.length,
});

function layOut<K extends string>(sizes: Record<K, number>): Record<K | "end", number> {
  const bases = { ...sizes, end: 0 };
  let next = 256;
  for (const kind of Object.keys(sizes) as K[]) {
    Object.assign(bases, { [kind]: next });
    next += sizes[kind];
  }
  bases.end = next;
  return bases;
}

/** The id of a character beyond ASCII, or −1. */
export function characterId(code: number): number {
  let base = BASE.characters;
  for (const { first, last } of CHARACTERS) {
    if (code < first) return -1;
    if (code <= last) return base + code - first;
    base += last - first + 1;
  }
  return -1;
}

/** The text of a token that is not a byte and not special. */
export function tokenText(id: number): string {
  if (id < BASE.spaceLetters) return ` ${wordAt(id - BASE.spaceWord)}`;
  if (id < BASE.word) return ` ${lettersAt(id - BASE.spaceLetters)}`;
  if (id < BASE.letters) return wordAt(id - BASE.word);
  if (id < BASE.spaceCapitalWord) return lettersAt(id - BASE.letters);
  if (id < BASE.spaceCapitalLetters) return ` ${capital(wordAt(id - BASE.spaceCapitalWord))}`;
  if (id < BASE.capitalWord) return ` ${capital(lettersAt(id - BASE.spaceCapitalLetters))}`;
  if (id < BASE.capitalLetters) return capital(wordAt(id - BASE.capitalWord));
  if (id < BASE.digits2) return capital(lettersAt(id - BASE.capitalLetters));
  if (id < BASE.digits3) return String(id - BASE.digits2).padStart(2, "0");
  if (id < BASE.spacePunctuation) return String(id - BASE.digits3).padStart(3, "0");
  if (id < BASE.spaces) return ` ${PUNCTUATION[id - BASE.spacePunctuation] ?? ""}`;
  if (id < BASE.newlines) return " ".repeat(id - BASE.spaces + 2);
  if (id < BASE.characters) return "\n\n";
  return characterAt(id - BASE.characters);
}

function wordAt(index: number): string {
  return COMMON_WORDS[index] ?? "";
}

function lettersAt(index: number): string {
  if (index < 26) return letter(index);
  if (index < 702) return letter(Math.floor((index - 26) / 26)) + letter((index - 26) % 26);
  const rest = index - 702;
  return letter(Math.floor(rest / 676)) + letter(Math.floor(rest / 26) % 26) + letter(rest % 26);
}

function letter(index: number): string {
  return String.fromCharCode(97 + index);
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

function characterAt(index: number): string {
  let rest = index;
  for (const { first, last } of CHARACTERS) {
    if (rest <= last - first) return String.fromCharCode(first + rest);
    rest -= last - first + 1;
  }
  return "";
}
