// A sum over any 60 seconds: 60 slots of a second, so that no minute, wherever it begins, holds more than the limit.

const SLOTS = 60;
const SLOT_MS = 1000;
const MOST = Number.MAX_SAFE_INTEGER;

export interface RateWindow {
  readonly limit: number;
  /** Counted in the last minute. */
  used(now: number): number;
  /** Returns the slot, for `correct`. */
  add(amount: number, now: number): number;
  /** Takes back or adds to what was added in a slot; nothing when that slot has left the window. */
  correct(slot: number, by: number, now: number): void;
  /** ms until nothing is counted any more. */
  resetMs(now: number): number;
  /** ms until `amount` fits; Infinity when it never does. */
  waitFor(amount: number, now: number): number;
}

/** `now` is a clock that does not jump. A slot counts until the whole of it is a minute old: at most a second too long. */
export function rateWindow(limit: number): RateWindow {
  // Not a typed array: its numbers would lie elsewhere again, and most of the cost is memory that is not in the cache.
  const slots: number[] = Array.from({ length: SLOTS + 1 }, () => 0);
  let sum = 0;
  let head = 0;
  let started = false;
  let newest = 0;

  function advance(now: number): void {
    const at = Math.floor(now / SLOT_MS);
    if (!started || at - head > SLOTS) {
      if (sum !== 0) slots.fill(0);
      sum = 0;
      head = started ? Math.max(head, at) : at;
      started = true;
      return;
    }
    for (; head < at;) {
      head += 1;
      const i = place(head);
      sum -= slots[i] ?? 0;
      slots[i] = 0;
    }
  }

  function change(slot: number, by: number): void {
    const i = place(slot);
    const before = slots[i] ?? 0;
    const after = Math.min(Math.max(before + by, 0), MOST - (sum - before));
    slots[i] = after;
    sum += after - before;
  }

  return {
    limit,
    used(now) {
      advance(now);
      return sum;
    },
    add(amount, now) {
      advance(now);
      change(head, amount);
      newest = head;
      return head;
    },
    resetMs(now) {
      advance(now);
      return sum === 0 ? 0 : leavesAt(newest) - now;
    },
    correct(slot, by, now) {
      advance(now);
      if (slot > head - (SLOTS + 1) && slot <= head) change(slot, by);
    },
    waitFor(amount, now) {
      advance(now);
      if (amount > limit) return Number.POSITIVE_INFINITY;
      let left = sum;
      if (left + amount <= limit) return 0;
      for (let slot = head - SLOTS; slot <= head; slot++) {
        left -= slots[place(slot)] ?? 0;
        if (left + amount <= limit) return leavesAt(slot) - now;
      }
      return leavesAt(head) - now;
    },
  };

  function place(slot: number): number {
    const i = slot % (SLOTS + 1);
    return i < 0 ? i + SLOTS + 1 : i;
  }

  /** The slot is out of the window once `SLOTS + 1` later slots have begun. */
  function leavesAt(slot: number): number {
    return (slot + SLOTS + 1) * SLOT_MS;
  }
}
