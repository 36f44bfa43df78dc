// Finds a common word in the middle of a text without cutting it out.
import { COMMON_WORDS } from "./common-words.ts";

/** Open addressing, load ≤ 0.25. */
const MASK = 8191;
const SHORTEST_WORD = 4;
const LONGEST_WORD = COMMON_WORDS.reduce((longest, word) => Math.max(longest, word.length), 0);
const hashes = Int32Array.from(COMMON_WORDS, hashOf);
/** All words one after the other, and where each of them starts. */
const letters = Buffer.from(COMMON_WORDS.join(""), "latin1");
const starts = startsOf(COMMON_WORDS);
const places = fillPlaces();

/** The word's index, or −1. Its first letter may be a capital; `hash` is wordHash over its letters in lower case. */
export function findWord(text: Uint16Array, start: number, length: number, hash: number): number {
  if (length < SHORTEST_WORD || length > LONGEST_WORD) return -1;
  for (let place = spread(hash); ; place = (place + 1) & MASK) {
    const index = (places[place] ?? 0) - 1;
    if (index < 0 || (hashes[index] === hash && matches(index, text, start, length))) return index;
  }
}

export function wordLength(index: number): number {
  return (starts[index + 1] ?? 0) - (starts[index] ?? 0);
}

/** One more letter (its lower-case code) of the hash that findWord asks for; starts at 0. */
export function wordHash(hash: number, code: number): number {
  return (Math.imul(hash, 31) + code) | 0;
}

function matches(index: number, text: Uint16Array, start: number, length: number): boolean {
  const first = starts[index] ?? 0;
  if ((starts[index + 1] ?? 0) - first !== length || ((text[start] ?? 0) | 32) !== letters[first]) return false;
  for (let i = 1; i < length; i++) if (text[start + i] !== letters[first + i]) return false;
  return true;
}

function spread(hash: number): number {
  return (Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 12) & MASK;
}

function hashOf(word: string): number {
  let hash = 0;
  for (let i = 0; i < word.length; i++) hash = wordHash(hash, word.charCodeAt(i));
  return hash;
}

function startsOf(words: readonly string[]): Int32Array {
  const all = new Int32Array(words.length + 1);
  for (const [index, word] of words.entries()) all[index + 1] = (all[index] ?? 0) + word.length;
  return all;
}

function fillPlaces(): Int16Array {
  const filled = new Int16Array(MASK + 1);
  for (const [index, hash] of hashes.entries()) {
    let place = spread(hash);
    while (filled[place] !== 0) place = (place + 1) & MASK;
    filled[place] = index + 1;
  }
  return filled;
}
