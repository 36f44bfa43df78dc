// Finds a common word in the middle of a text without cutting it out.
import { COMMON_WORDS } from "./common-words.ts";

/** Open addressing, load ≤ 0.25. */
const MASK = 8191;
const SHORTEST_WORD = 4;
const LONGEST_WORD = COMMON_WORDS.reduce((longest, word) => Math.max(longest, word.length), 0);
const places = fillPlaces();

/** The word's index, or −1. Its first letter may be a capital; `hash` is wordHash over its letters in lower case. */
export function findWord(text: string, start: number, length: number, hash: number): number {
  if (length < SHORTEST_WORD || length > LONGEST_WORD) return -1;
  for (let place = spread(hash); ; place = (place + 1) & MASK) {
    const index = (places[place] ?? 0) - 1;
    if (index < 0 || matches(COMMON_WORDS[index] ?? "", text, start, length)) return index;
  }
}

export function wordLength(index: number): number {
  return COMMON_WORDS[index]?.length ?? 0;
}

/** One more letter (its lower-case code) of the hash that findWord asks for; starts at 0. */
export function wordHash(hash: number, code: number): number {
  return (Math.imul(hash, 31) + code) | 0;
}

function matches(word: string, text: string, start: number, length: number): boolean {
  if (word.length !== length || (text.charCodeAt(start) | 32) !== word.charCodeAt(0)) return false;
  for (let i = 1; i < length; i++) if (text.charCodeAt(start + i) !== word.charCodeAt(i)) return false;
  return true;
}

function spread(hash: number): number {
  return (Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 12) & MASK;
}

function fillPlaces(): Int16Array {
  const filled = new Int16Array(MASK + 1);
  for (const [index, word] of COMMON_WORDS.entries()) {
    let hash = 0;
    for (let i = 0; i < word.length; i++) hash = wordHash(hash, word.charCodeAt(i));
    let place = spread(hash);
    while (filled[place] !== 0) place = (place + 1) & MASK;
    filled[place] = index + 1;
  }
  return filled;
}
