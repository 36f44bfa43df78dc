// Block hashes → small numbers that say only which blocks are equal: what a recording may hold of a prompt.
import type { BlockHashes } from "../../tokens/index.ts";

/** Two generations of so many blocks each are remembered; an older block that returns counts as new. */
const GENERATION = 250_000;

export interface BlockIds {
  of(hashes: BlockHashes): readonly number[];
}

export function blockIds(generation = GENERATION): BlockIds {
  let young = new Map<number, number>();
  let old = new Map<number, number>();
  let next = 0;

  function idOf(low: number, high: number): number {
    // 53 of 64 bits: two of a million blocks are taken for equal with a chance of about 1 in 20 000.
    const key = (high & 0x1fffff) * 4_294_967_296 + (low >>> 0);
    const known = young.get(key) ?? old.get(key) ?? next++;
    young.set(key, known);
    if (young.size >= generation) [old, young] = [young, new Map()];
    return known;
  }
  return {
    of({ count, words }) {
      return Array.from({ length: count }, (_, i) => idOf(words[2 * i] ?? 0, words[2 * i + 1] ?? 0));
    },
  };
}
