// One hard limit on the bytes of all tables of an index.

export interface ByteBudget {
  readonly used: number;
  /** False when `bytes` more would pass the limit; nothing is taken then. */
  take(bytes: number): boolean;
  /** The first small allocation of a table, which is always granted. */
  force(bytes: number): void;
  give(bytes: number): void;
}

export function byteBudget(limit: number): ByteBudget {
  let used = 0;
  return {
    get used() {
      return used;
    },
    take(bytes) {
      if (used + bytes > limit) return false;
      used += bytes;
      return true;
    },
    force(bytes) {
      used += bytes;
    },
    give(bytes) {
      used -= bytes;
    },
  };
}
