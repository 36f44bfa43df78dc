// Text without special tokens → ids of the built-in vocabulary, in one pass over its characters.
import { BASE, MAX_SPACES, PUNCTUATION, characterId } from "./builtin-vocabulary.ts";
import { findWord, wordHash, wordLength } from "./word-table.ts";

const SPACE = 32;
const NEWLINE = 10;

/** ASCII punctuation → its index, other codes → −1. */
const punctuationIndex = Int8Array.from({ length: 128 }, (_, code) => PUNCTUATION.indexOf(String.fromCharCode(code)));

/** Appends the ids of `text[start…end)` to `ids`; `text` is its code units. */
export function encodeRange(text: Uint16Array, range: { start: number; end: number }, ids: number[]): void {
  const { start, end } = range;
  for (let at = start; at < end;) {
    const code = text[at] ?? 0;
    if (code === SPACE) at = encodeSpaces(text, at, end, ids);
    else if (isLetter(code)) at = encodeWord(text, at, end, ids);
    else if (isDigit(code)) at = encodeDigits(text, at, end, ids);
    else if (code === NEWLINE && at + 1 < end && (text[at + 1] ?? 0) === NEWLINE) {
      ids.push(BASE.newlines);
      at += 2;
    } else if (code < 128) {
      ids.push(code);
      at++;
    } else at = encodeCharacter(text, at, end, ids);
  }
}

/** A space belongs to the word or mark that follows it; the spaces before it are tokens of up to 16. */
function encodeSpaces(text: Uint16Array, at: number, end: number, ids: number[]): number {
  let next = at + 1;
  while (next < end && (text[next] ?? 0) === SPACE) next++;
  const follower = next < end ? (text[next] ?? 0) : NEWLINE;
  const letter = isLetter(follower);
  const mark = follower < 128 ? (punctuationIndex[follower] ?? -1) : -1;
  const joins = letter || mark >= 0;
  for (let left = next - at - (joins ? 1 : 0); left > 0; left -= MAX_SPACES) {
    ids.push(left === 1 ? SPACE : BASE.spaces + Math.min(left, MAX_SPACES) - 2);
  }
  if (letter) return encodeWord(text, next, end, ids);
  if (!joins) return next;
  ids.push(BASE.spacePunctuation + mark);
  return next + 1;
}

/**
 * One letter of any case and the lower-case letters after it: a common word, a common word with an ending of up to
 * three letters, else groups of three letters. A space before it is its own: spaces never end before a letter.
 */
function encodeWord(text: Uint16Array, at: number, end: number, ids: number[]): number {
  const spaced = at > 0 && text[at - 1] === SPACE;
  const capital = (text[at] ?? 0) < 97;
  const next = scanWord(text, at, end);
  let rest = at + 3;
  const found = longestWord(text, at, next);
  if (found >= 0) {
    ids.push(wordBase(spaced, capital) + found);
    rest = at + wordLength(found);
  } else ids.push(lettersBase(spaced, capital) + lettersIndex(text, at, Math.min(rest, next)));
  for (; rest < next; rest += 3) ids.push(BASE.letters + lettersIndex(text, rest, Math.min(rest + 3, next)));
  return next;
}

/** Hashes of the word so far and of it without its last one, two and three letters; kept outside to save allocations. */
const hashes = new Int32Array(4);

/** Returns where the word ends. */
function scanWord(text: Uint16Array, at: number, end: number): number {
  let whole = wordHash(0, (text[at] ?? 0) | 32);
  let less1 = 0;
  let less2 = 0;
  let less3 = 0;
  let next = at + 1;
  for (; next < end; next++) {
    const code = text[next] ?? 0;
    if (code < 97 || code > 122) break;
    less3 = less2;
    less2 = less1;
    less1 = whole;
    whole = wordHash(whole, code);
  }
  hashes[0] = whole;
  hashes[1] = less1;
  hashes[2] = less2;
  hashes[3] = less3;
  return next;
}

/** The common word that `text[at…next)` is, or begins with, or −1. */
function longestWord(text: Uint16Array, at: number, next: number): number {
  for (let less = 0; less < 4; less++) {
    const found = findWord(text, at, next - at - less, hashes[less] ?? 0);
    if (found >= 0) return found;
  }
  return -1;
}

function wordBase(spaced: boolean, capital: boolean): number {
  if (capital) return spaced ? BASE.spaceCapitalWord : BASE.capitalWord;
  return spaced ? BASE.spaceWord : BASE.word;
}

function lettersBase(spaced: boolean, capital: boolean): number {
  if (capital) return spaced ? BASE.spaceCapitalLetters : BASE.capitalLetters;
  return spaced ? BASE.spaceLetters : BASE.letters;
}

function lettersIndex(text: Uint16Array, start: number, end: number): number {
  const a = ((text[start] ?? 0) | 32) - 97;
  if (end - start === 1) return a;
  const b = (text[start + 1] ?? 0) - 97;
  if (end - start === 2) return 26 + a * 26 + b;
  return 702 + (a * 26 + b) * 26 + (text[start + 2] ?? 0) - 97;
}

function encodeDigits(text: Uint16Array, at: number, end: number, ids: number[]): number {
  let next = at;
  let value = 0;
  for (; next < end && next < at + 3; next++) {
    const code = text[next] ?? 0;
    if (!isDigit(code)) break;
    value = value * 10 + code - 48;
  }
  const length = next - at;
  ids.push(length === 1 ? value + 48 : length === 2 ? BASE.digits2 + value : BASE.digits3 + value);
  return next;
}

/** A lone surrogate is encoded as U+FFFD, as in any conversion to UTF-8. */
function encodeCharacter(text: Uint16Array, at: number, end: number, ids: number[]): number {
  const id = characterId(text[at] ?? 0);
  if (id >= 0) {
    ids.push(id);
    return at + 1;
  }
  const length = at + 1 < end && isPair(text[at] ?? 0, text[at + 1] ?? 0) ? 2 : 1;
  const character = String.fromCharCode(...text.subarray(at, at + length));
  for (const byte of Buffer.from(character, "utf8")) ids.push(byte);
  return at + length;
}

function isPair(high: number, low: number): boolean {
  return high >= 0xd800 && high <= 0xdbff && low >= 0xdc00 && low <= 0xdfff;
}

function isLetter(code: number): boolean {
  const lower = code | 32;
  return lower >= 97 && lower <= 122;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}
