// The blocks that one holder is believed to hold, the belief that ends first before the others.
import type { ByteBudget } from "./byte-budget.ts";

/** Beliefs of one lane last equally long, so each lane is in order of time by itself. */
export type Lane = 0 | 1;

export interface PredictedList {
  readonly size: number;
  /** False when there is no room for one more and the budget allows none. */
  ensure(): boolean;
  /** Adds the block or makes it the youngest of its lane; only after `ensure`. True when it is new. */
  put(block: number, untilMs: number, lane: Lane): boolean;
  /**
   * Notes for the `count` youngest of the lane that all blocks before them in their prompts are believed until `floor` at least.
   * A note holds until something is taken out or shortened that was believed as long.
   */
  setFloor(lane: Lane, count: number, floor: number): void;
  /** What was noted of the block, when that is at most `renewMs` short of `untilMs`; otherwise -Infinity. */
  floorOf(block: number, untilMs: number, renewMs: number): number;
  /** False when the block is not in the list. */
  remove(block: number): boolean;
  /** 0 when the list is empty. */
  oldest(): number;
  /** Time until which the oldest is believed; Infinity when the list is empty. */
  oldestUntil(): number;
  /** Those that go first come first. */
  blocks(): Iterable<number>;
  release(): void;
}

const FIRST_CAPACITY = 64;
/** An entry's words: block, next, previous, unused, then two doubles: its end and its floor. */
const STRIDE = 8;
const NEXT = 1;
const PREVIOUS = 2;
/** In doubles from the entry's start. */
const UNTIL = 2;
const FLOOR = 3;
/** Entries 0 and 1 are the lanes' anchors: their next is the oldest, their previous the youngest. */
const ANCHORS = 2;
const LOST_SHARE = 8;
/** An entry and two slots. */
const BYTES_PER_ENTRY = STRIDE * 4 + 2 * 4;

export function predictedList(budget: ByteBudget): PredictedList {
  let capacity = FIRST_CAPACITY;
  let words = new Int32Array((capacity + ANCHORS) * STRIDE);
  let times = new Float64Array(words.buffer);
  let slots = new Int32Array(2 * capacity);
  let mask = slots.length - 1;
  let size = 0;
  let used = ANCHORS;
  let freeHead = 0;
  /** The latest end of a belief that was taken out or shortened. */
  let lostUntil = Number.NEGATIVE_INFINITY;
  words[STRIDE + NEXT] = 1;
  words[STRIDE + PREVIOUS] = 1;
  budget.force(capacity * BYTES_PER_ENTRY);

  function grow(): boolean {
    if (!budget.take(capacity * BYTES_PER_ENTRY)) return false;
    capacity *= 2;
    const grown = new Int32Array((capacity + ANCHORS) * STRIDE);
    grown.set(words);
    words = grown;
    times = new Float64Array(grown.buffer);
    slots = new Int32Array(2 * capacity);
    mask = slots.length - 1;
    for (const anchor of [0, 1]) {
      for (let entry = next(anchor); entry !== anchor; entry = next(entry)) slots[slotFor(blockOf(entry))] = entry;
    }
    return true;
  }

  function blockOf(entry: number): number {
    return words[entry * STRIDE] ?? 0;
  }

  function next(entry: number): number {
    return words[entry * STRIDE + NEXT] ?? 0;
  }

  function home(block: number): number {
    const mixed = Math.imul(block, 0x9e3779b1);
    return (mixed ^ (mixed >>> 15)) & mask;
  }

  /** The slot that holds the block, or the free one where it belongs. No slot holds an anchor, so 0 is free. */
  function slotFor(block: number): number {
    let slot = home(block);
    for (let entry = slots[slot] ?? 0; entry !== 0 && blockOf(entry) !== block; entry = slots[slot] ?? 0) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  function link(before: number, after: number): void {
    words[before * STRIDE + NEXT] = after;
    words[after * STRIDE + PREVIOUS] = before;
  }

  function unlink(entry: number): void {
    link(words[entry * STRIDE + PREVIOUS] ?? 0, next(entry));
  }

  function newEntry(): number {
    if (freeHead === 0) return used++;
    const entry = freeHead;
    freeHead = next(entry);
    return entry;
  }

  function emptySlot(gap: number): void {
    let hole = gap;
    for (let slot = (gap + 1) & mask; slots[slot] !== 0; slot = (slot + 1) & mask) {
      const distance = (slot - home(blockOf(slots[slot] ?? 0))) & mask;
      if (distance < ((slot - hole) & mask)) continue;
      slots[hole] = slots[slot] ?? 0;
      hole = slot;
    }
    slots[hole] = 0;
  }

  function untilOf(entry: number): number {
    return entry < ANCHORS ? Number.POSITIVE_INFINITY : (times[(entry * STRIDE) / 2 + UNTIL] ?? 0);
  }

  function* blocks(): Iterable<number> {
    for (const lane of [0, 1]) for (let entry = next(lane); entry !== lane; entry = next(entry)) yield blockOf(entry);
  }

  function first(): number {
    return untilOf(next(0)) <= untilOf(next(1)) ? next(0) : next(1);
  }

  return {
    get size() {
      return size;
    },
    ensure: () => size < capacity || grow(),
    put(block, untilMs, lane) {
      const slot = slotFor(block);
      let entry = slots[slot] ?? 0;
      const isNew = entry === 0;
      if (isNew) {
        entry = newEntry();
        words[entry * STRIDE] = block;
        slots[slot] = entry;
        size++;
      } else {
        unlink(entry);
        if (untilOf(entry) > untilMs) lostUntil = Math.max(lostUntil, untilOf(entry));
      }
      times[(entry * STRIDE) / 2 + UNTIL] = untilMs;
      times[(entry * STRIDE) / 2 + FLOOR] = Number.NEGATIVE_INFINITY;
      link(words[lane * STRIDE + PREVIOUS] ?? 0, entry);
      link(entry, lane);
      return isNew;
    },
    setFloor(lane, count, floor) {
      let entry = lane as number;
      for (let left = count; left > 0; left--) {
        entry = words[entry * STRIDE + PREVIOUS] ?? 0;
        times[(entry * STRIDE) / 2 + FLOOR] = floor;
      }
    },
    floorOf(block, untilMs, renewMs) {
      const entry = slots[slotFor(block)] ?? 0;
      const floor = entry === 0 ? Number.NEGATIVE_INFINITY : (times[(entry * STRIDE) / 2 + FLOOR] ?? 0);
      // Where memory is short beliefs go early: the age at which they are renewed shrinks with the age at which they go.
      const renew = Math.min(renewMs, (untilMs - lostUntil) / LOST_SHARE);
      return floor > lostUntil && floor >= untilMs - renew ? floor : Number.NEGATIVE_INFINITY;
    },
    remove(block) {
      const slot = slotFor(block);
      const entry = slots[slot] ?? 0;
      if (entry === 0) return false;
      lostUntil = Math.max(lostUntil, untilOf(entry));
      emptySlot(slot);
      unlink(entry);
      words[entry * STRIDE + NEXT] = freeHead;
      freeHead = entry;
      size--;
      return true;
    },
    oldest: () => (size === 0 ? 0 : blockOf(first())),
    oldestUntil: () => untilOf(first()),
    blocks,
    release() {
      budget.give(capacity * BYTES_PER_ENTRY);
    },
  };
}
