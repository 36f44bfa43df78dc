// All distinct blocks of an index: our 64-bit hash → a record of 32 bytes, by open addressing without BigInt.
import type { ByteBudget } from "./byte-budget.ts";

/** Fields of a record, as offsets from `id × STRIDE`. A record is a block, or one more chunk of a block's holders. */
export const STRIDE = 8;
export const LOW = 0;
export const HIGH = 1;
/** Counts the uses of the record, so that a stale reference shows. */
export const GENERATION = 2;
/** When the block was last asked for or written; a counter, not a time. */
export const STAMP = 3;
/** This chunk stands for holders 32 × CHUNK … 32 × CHUNK + 31. */
export const CHUNK = 4;
export const CONFIRMED = 5;
export const PREDICTED = 6;
/** Next chunk of the block, or the next free record; 0 ends the list. */
export const NEXT = 7;

export interface BlockTable {
  /** Changes when the table grows: read it again after `ensure`. */
  readonly records: Int32Array;
  readonly blocks: number;
  /** Blocks removed so far: while it stays, so do the ids of blocks. */
  readonly removals: number;
  /** Records in existence, used or free; ids are 1…capacity. */
  readonly capacity: number;
  /** False when fewer than `count` records are free and the budget allows no more. */
  ensure(count: number): boolean;
  /** Id of the block's record, 0 when there is none. */
  find(low: number, high: number): number;
  /** Only after `ensure`, and only when `find` gave 0. */
  add(low: number, high: number): number;
  remove(block: number): void;
  /** A record that is no block; only after `ensure`. */
  takeRecord(): number;
  freeRecord(record: number): void;
}

const FIRST_CAPACITY = 512;

export function blockTable(budget: ByteBudget): BlockTable {
  let capacity = FIRST_CAPACITY;
  let records = new Int32Array((capacity + 1) * STRIDE);
  let slots = new Int32Array(2 * capacity);
  let mask = slots.length - 1;
  let freeHead = 0;
  let free = 0;
  let blocks = 0;
  let removals = 0;
  budget.force(records.byteLength + slots.byteLength);
  release(1, capacity);

  /** Makes records `from`…`to` free, the lowest first in the list. */
  function release(from: number, to: number): void {
    for (let id = to; id >= from; id--) freeRecord(id);
  }

  function freeRecord(id: number): void {
    const at = id * STRIDE;
    records[at + GENERATION] = ((records[at + GENERATION] ?? 0) + 1) | 0;
    records[at + CONFIRMED] = 0;
    records[at + PREDICTED] = 0;
    records[at + NEXT] = freeHead;
    freeHead = id;
    free++;
  }

  function takeRecord(): number {
    const id = freeHead;
    const at = id * STRIDE;
    freeHead = records[at + NEXT] ?? 0;
    records[at + NEXT] = 0;
    free--;
    return id;
  }

  function grow(): boolean {
    // Both arrays double, so the growth costs what is there now.
    if (!budget.take(capacity * STRIDE * 4 + slots.byteLength)) return false;
    const grown = new Int32Array((2 * capacity + 1) * STRIDE);
    grown.set(records);
    const held = slots;
    records = grown;
    slots = new Int32Array(2 * held.length);
    mask = slots.length - 1;
    for (const id of held) if (id !== 0) slots[freeSlot(home(id))] = id;
    release(capacity + 1, 2 * capacity);
    capacity *= 2;
    return true;
  }

  function home(id: number): number {
    return slotOf(records[id * STRIDE + LOW] ?? 0, records[id * STRIDE + HIGH] ?? 0);
  }

  // The hash is well mixed already; the high half only guards against a caller's weak low half.
  function slotOf(low: number, high: number): number {
    return (low ^ (high >>> 15)) & mask;
  }

  function freeSlot(from: number): number {
    let slot = from;
    while (slots[slot] !== 0) slot = (slot + 1) & mask;
    return slot;
  }

  return {
    get records() {
      return records;
    },
    get blocks() {
      return blocks;
    },
    get removals() {
      return removals;
    },
    get capacity() {
      return capacity;
    },
    takeRecord,
    freeRecord,
    ensure(count) {
      while (free < count) if (!grow()) return false;
      return true;
    },
    find(low, high) {
      for (let slot = slotOf(low, high); ; slot = (slot + 1) & mask) {
        const id = slots[slot] ?? 0;
        if (id === 0) return 0;
        const at = id * STRIDE;
        if (records[at + LOW] === low && records[at + HIGH] === high) return id;
      }
    },
    add(low, high) {
      const id = takeRecord();
      const at = id * STRIDE;
      records[at + LOW] = low;
      records[at + HIGH] = high;
      slots[freeSlot(slotOf(low, high))] = id;
      blocks++;
      return id;
    },
    remove(block) {
      let slot = home(block);
      while (slots[slot] !== block) slot = (slot + 1) & mask;
      closeGap(slots, slot, home);
      blocks--;
      removals++;
      freeRecord(block);
    },
  };
}

/** Empties `gap` of a linear-probing table and moves later entries up, so that no tombstones remain (Knuth 6.4, algorithm R). */
function closeGap(slots: Int32Array, gap: number, home: (id: number) => number): void {
  const mask = slots.length - 1;
  let hole = gap;
  for (let slot = (gap + 1) & mask; ; slot = (slot + 1) & mask) {
    const id = slots[slot] ?? 0;
    if (id === 0) break;
    const distance = (slot - home(id)) & mask;
    if (distance < ((slot - hole) & mask)) continue;
    slots[hole] = id;
    hole = slot;
  }
  slots[hole] = 0;
}
