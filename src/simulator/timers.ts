// What is to happen at a time: in order of time, then of entry.

export interface Timers {
  /** Infinity when nothing is to come. */
  readonly nextAt: number;
  at(atMs: number, action: () => void): void;
  /** The next one happens. */
  run(): void;
}

interface Timer {
  readonly atMs: number;
  readonly action: () => void;
}

export function timers(): Timers {
  /** Falling; what comes next is last. */
  const list: Timer[] = [];
  return {
    get nextAt() {
      return list.at(-1)?.atMs ?? Number.POSITIVE_INFINITY;
    },
    at(atMs, action) {
      let [low, high] = [0, list.length];
      while (low < high) {
        const middle = (low + high) >> 1;
        if ((list[middle]?.atMs ?? 0) > atMs) low = middle + 1;
        else high = middle;
      }
      list.splice(low, 0, { atMs, action });
    },
    run: () => list.pop()?.action(),
  };
}
