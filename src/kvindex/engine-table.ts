// What one holder's engine calls its blocks: engine hash → our block, with the number of times it was stored.
import type { ByteBudget } from "./byte-budget.ts";

/** Fields of a slot, as offsets from `slot × STRIDE`. */
const STRIDE = 4;
const LOW = 0;
const HIGH = 1;
const BLOCK = 2;
/** Low 12 bits the count, the rest the block's generation when it was stored. */
const META = 3;
const COUNT_BITS = 12;
const MAX_COUNT = (1 << COUNT_BITS) - 1;

export interface EngineTable {
  readonly size: number;
  readonly slots: number;
  readonly bytes: number;
  /** False when the table is full and the budget allows no more. */
  ensure(): boolean;
  /** Slot of the hash, -1 when there is none. Valid until the next `put` or `remove`. */
  find(low: number, high: number): number;
  /** Only after `ensure`, and only when `find` gave -1; the count is 1. */
  put(low: number, high: number, block: number, generation: number): void;
  /** The block of a slot, 0 when the slot is empty. */
  blockAt(slot: number): number;
  /** The engine's hash of a slot that is not empty, low half first. */
  keyAt(slot: number, into: Int32Array): void;
  /** True when the block's record has not been reused since. */
  isCurrent(slot: number, generation: number): boolean;
  /** Stored once more. */
  increment(slot: number): void;
  /** Stored once less; what remains. */
  decrement(slot: number): number;
  removeAt(slot: number): void;
  /** Gives the bytes back; the table is not used after it. */
  release(): void;
}

const FIRST_SLOTS = 64;

export function engineTable(budget: ByteBudget): EngineTable {
  let words = new Int32Array(FIRST_SLOTS * STRIDE);
  let mask = FIRST_SLOTS - 1;
  let size = 0;
  budget.force(words.byteLength);

  function grow(): boolean {
    if (!budget.take(words.byteLength)) return false;
    const old = words;
    words = new Int32Array(2 * old.length);
    mask = 2 * mask + 1;
    for (let at = 0; at < old.length; at += STRIDE) {
      if (old[at + BLOCK] === 0) continue;
      const to = STRIDE * freeSlot(slotOf(old[at + LOW] ?? 0, old[at + HIGH] ?? 0));
      words.set(old.subarray(at, at + STRIDE), to);
    }
    return true;
  }

  // vLLM's hashes are digests, but xxhash's low bits alone are not promised to be even.
  function slotOf(low: number, high: number): number {
    const mixed = Math.imul(low ^ high, 0x9e3779b1);
    return (mixed ^ (mixed >>> 15)) & mask;
  }

  function freeSlot(from: number): number {
    let slot = from;
    while (words[slot * STRIDE + BLOCK] !== 0) slot = (slot + 1) & mask;
    return slot;
  }

  return {
    get size() {
      return size;
    },
    get slots() {
      return mask + 1;
    },
    get bytes() {
      return words.byteLength;
    },
    // At most three quarters full: linear probing stays short.
    ensure: () => 4 * (size + 1) <= 3 * (mask + 1) || grow(),
    find(low, high) {
      for (let slot = slotOf(low, high); ; slot = (slot + 1) & mask) {
        const at = slot * STRIDE;
        if (words[at + BLOCK] === 0) return -1;
        if (words[at + LOW] === low && words[at + HIGH] === high) return slot;
      }
    },
    put(low, high, block, generation) {
      const at = STRIDE * freeSlot(slotOf(low, high));
      words[at + LOW] = low;
      words[at + HIGH] = high;
      words[at + BLOCK] = block;
      words[at + META] = (generation << COUNT_BITS) | 1;
      size++;
    },
    blockAt: (slot) => words[slot * STRIDE + BLOCK] ?? 0,
    keyAt(slot, into) {
      into[0] = words[slot * STRIDE + LOW] ?? 0;
      into[1] = words[slot * STRIDE + HIGH] ?? 0;
    },
    isCurrent: (slot, generation) =>
      (words[slot * STRIDE + META] ?? 0) >> COUNT_BITS === (generation << COUNT_BITS) >> COUNT_BITS,
    increment(slot) {
      const meta = words[slot * STRIDE + META] ?? 0;
      if ((meta & MAX_COUNT) < MAX_COUNT) words[slot * STRIDE + META] = meta + 1;
    },
    decrement(slot) {
      const meta = (words[slot * STRIDE + META] ?? 0) - 1;
      words[slot * STRIDE + META] = meta;
      return meta & MAX_COUNT;
    },
    removeAt(gap) {
      size--;
      let hole = gap;
      for (let slot = (gap + 1) & mask; words[slot * STRIDE + BLOCK] !== 0; slot = (slot + 1) & mask) {
        const at = slot * STRIDE;
        const home = slotOf(words[at + LOW] ?? 0, words[at + HIGH] ?? 0);
        if (((slot - home) & mask) < ((slot - hole) & mask)) continue;
        words.copyWithin(hole * STRIDE, at, at + STRIDE);
        hole = slot;
      }
      words[hole * STRIDE + BLOCK] = 0;
    },
    release() {
      budget.give(words.byteLength);
    },
  };
}
