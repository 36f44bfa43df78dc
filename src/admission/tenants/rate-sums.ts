// Sums over any 60 seconds, by the second, so that no minute, wherever it begins, holds more than a limit.

/** What is counted side by side: requests, input tokens, output tokens. */
export type Column = 0 | 1 | 2;
const COLUMNS = 3;
const ENTRY = 1 + COLUMNS;

const SECONDS = 60;
const SECOND_MS = 1000;
const MOST = Number.MAX_SAFE_INTEGER;

/**
 * A class, and one list of numbers: a gateway has one of these for each key, most of them are not in the processor's cache
 * when they are asked, and each further object costs a look into memory. Only seconds in which something came are kept.
 * `now` is a clock that does not jump. A second counts until the whole of it is a minute old: at most a second too long.
 */
export class RateSums {
  /** Infinity = none. */
  readonly limits: readonly number[];
  /** The three sums, then a second and what came in it, the oldest first. */
  readonly #data: number[] = [0, 0, 0];
  #head = Number.NEGATIVE_INFINITY;

  constructor(limits: readonly (number | undefined)[]) {
    this.limits = limits.map((one) => one ?? Number.POSITIVE_INFINITY);
  }

  /** Counted in the last minute. */
  used(column: Column, now: number): number {
    this.#advance(now);
    return this.#data[column] ?? 0;
  }

  fits(column: Column, amount: number, now: number): boolean {
    return this.used(column, now) + amount <= (this.limits[column] ?? 0);
  }

  /** Returns the second, for `correct`. */
  add(amounts: readonly [number, number, number], now: number): number {
    this.#advance(now);
    const data = this.#data;
    if (data.length === COLUMNS || data[data.length - ENTRY] !== this.#head) data.push(this.#head, 0, 0, 0);
    const at = data.length - ENTRY;
    this.#change(at, 0, amounts[0]);
    this.#change(at, 1, amounts[1]);
    this.#change(at, 2, amounts[2]);
    return this.#head;
  }

  /** Takes back or adds to what was added in a second; nothing when that has left the minute. */
  correct(second: number, column: Column, by: number, now: number): void {
    this.#advance(now);
    for (let at = this.#data.length - ENTRY; at >= COLUMNS; at -= ENTRY)
      if (this.#data[at] === second) return this.#change(at, column, by);
  }

  /** ms until nothing is counted any more. */
  resetMs(column: Column, now: number): number {
    if (this.used(column, now) === 0) return 0;
    return leavesAt(this.#data[this.#data.length - ENTRY] ?? 0) - now;
  }

  /** ms until `amount` fits; Infinity when it never does. */
  waitFor(column: Column, amount: number, now: number): number {
    const limit = this.limits[column] ?? 0;
    let left = this.used(column, now);
    if (amount > limit) return Number.POSITIVE_INFINITY;
    if (left + amount <= limit) return 0;
    const data = this.#data;
    for (let at = COLUMNS; at < data.length; at += ENTRY) {
      left -= data[at + 1 + column] ?? 0;
      if (left + amount <= limit) return leavesAt(data[at] ?? 0) - now;
    }
    return leavesAt(this.#head) - now;
  }

  #advance(now: number): void {
    const at = Math.floor(now / SECOND_MS);
    if (at <= this.#head) return;
    this.#head = at;
    const data = this.#data;
    let end = COLUMNS;
    while (end < data.length && (data[end] ?? 0) < at - SECONDS) end += ENTRY;
    if (end === COLUMNS) return;
    for (let entry = COLUMNS; entry < end; entry += ENTRY)
      for (let column = 0; column < COLUMNS; column++)
        data[column] = (data[column] ?? 0) - (data[entry + 1 + column] ?? 0);
    data.splice(COLUMNS, end - COLUMNS);
  }

  #change(at: number, column: Column, by: number): void {
    const data = this.#data;
    const sum = data[column] ?? 0;
    const before = data[at + 1 + column] ?? 0;
    const after = Math.min(Math.max(before + by, 0), MOST - (sum - before));
    data[at + 1 + column] = after;
    data[column] = sum + (after - before);
  }
}

/** A second is out of the minute once all of it is older than that. */
function leavesAt(second: number): number {
  return (second + SECONDS + 1) * SECOND_MS;
}
