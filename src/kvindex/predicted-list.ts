// The blocks that one holder is believed to hold, oldest belief first.
import type { ByteBudget } from "./byte-budget.ts";

export interface PredictedList {
  readonly size: number;
  readonly bytes: number;
  /** False when there is no room for one more and the budget allows none. */
  ensure(): boolean;
  /** Adds the block or makes it the youngest; only after `ensure`. True when it is new. */
  put(block: number, untilMs: number): boolean;
  /** False when the block is not in the list. */
  remove(block: number): boolean;
  /** 0 when the list is empty. */
  oldest(): number;
  /** Time until which the oldest is believed; Infinity when the list is empty. */
  oldestUntil(): number;
  release(): void;
}

const FIRST_CAPACITY = 64;
/** Three words and a double per entry, and two slots. */
const BYTES_PER_ENTRY = 3 * 4 + 8 + 2 * 4;

export function predictedList(budget: ByteBudget): PredictedList {
  let capacity = FIRST_CAPACITY;
  // Entry 0 is the list's anchor: next[0] is the oldest, previous[0] the youngest.
  let block = new Int32Array(capacity + 1);
  let next = new Int32Array(capacity + 1);
  let previous = new Int32Array(capacity + 1);
  let until = new Float64Array(capacity + 1);
  let slots = new Int32Array(2 * capacity);
  let mask = slots.length - 1;
  let size = 0;
  let used = 0;
  let freeHead = 0;
  budget.force(capacity * BYTES_PER_ENTRY);

  function grow(): boolean {
    if (!budget.take(capacity * BYTES_PER_ENTRY)) return false;
    capacity *= 2;
    block = enlarge(block, new Int32Array(capacity + 1));
    next = enlarge(next, new Int32Array(capacity + 1));
    previous = enlarge(previous, new Int32Array(capacity + 1));
    until = enlarge(until, new Float64Array(capacity + 1));
    slots = new Int32Array(2 * capacity);
    mask = slots.length - 1;
    for (let entry = next[0] ?? 0; entry !== 0; entry = next[entry] ?? 0) slots[slotFor(block[entry] ?? 0)] = entry;
    return true;
  }

  function home(id: number): number {
    const mixed = Math.imul(id, 0x9e3779b1);
    return (mixed ^ (mixed >>> 15)) & mask;
  }

  /** The slot that holds the block, or the free one where it belongs. */
  function slotFor(id: number): number {
    let slot = home(id);
    while (slots[slot] !== 0 && block[slots[slot] ?? 0] !== id) slot = (slot + 1) & mask;
    return slot;
  }

  function unlink(entry: number): void {
    const before = previous[entry] ?? 0;
    const after = next[entry] ?? 0;
    next[before] = after;
    previous[after] = before;
  }

  function append(entry: number): void {
    const youngest = previous[0] ?? 0;
    next[youngest] = entry;
    previous[entry] = youngest;
    next[entry] = 0;
    previous[0] = entry;
  }

  function newEntry(): number {
    if (freeHead === 0) return ++used;
    const entry = freeHead;
    freeHead = next[entry] ?? 0;
    return entry;
  }

  function emptySlot(gap: number): void {
    let hole = gap;
    for (let slot = (gap + 1) & mask; slots[slot] !== 0; slot = (slot + 1) & mask) {
      const distance = (slot - home(block[slots[slot] ?? 0] ?? 0)) & mask;
      if (distance < ((slot - hole) & mask)) continue;
      slots[hole] = slots[slot] ?? 0;
      hole = slot;
    }
    slots[hole] = 0;
  }

  return {
    get size() {
      return size;
    },
    get bytes() {
      return capacity * BYTES_PER_ENTRY;
    },
    ensure: () => size < capacity || grow(),
    put(id, untilMs) {
      const slot = slotFor(id);
      let entry = slots[slot] ?? 0;
      const isNew = entry === 0;
      if (isNew) {
        entry = newEntry();
        block[entry] = id;
        slots[slot] = entry;
        size++;
      } else unlink(entry);
      until[entry] = untilMs;
      append(entry);
      return isNew;
    },
    remove(id) {
      const slot = slotFor(id);
      const entry = slots[slot] ?? 0;
      if (entry === 0) return false;
      emptySlot(slot);
      unlink(entry);
      next[entry] = freeHead;
      freeHead = entry;
      size--;
      return true;
    },
    oldest: () => (size === 0 ? 0 : (block[next[0] ?? 0] ?? 0)),
    oldestUntil: () => (size === 0 ? Number.POSITIVE_INFINITY : (until[next[0] ?? 0] ?? 0)),
    release() {
      budget.give(capacity * BYTES_PER_ENTRY);
    },
  };
}

function enlarge<T extends Int32Array | Float64Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
