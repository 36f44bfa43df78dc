// Which block holds a hash: open addressing over block ids, keys in the blocks' own arrays.

export interface BlockTable {
  readonly size: number;
  /** A block with this hash, or 0. */
  find(low: number, high: number): number;
  /** Several blocks may hold the same hash: vLLM does not merge equal blocks. */
  add(block: number): void;
  /** The block must be in the table under its present hash. */
  remove(block: number): void;
  clear(): void;
}

export interface HashColumns {
  readonly low: Int32Array;
  readonly high: Int32Array;
}

/** `keys` holds each block's hash at its id; block 0 is never stored, so 0 marks an empty place. */
export function blockTable(keys: HashColumns): BlockTable {
  const { low, high } = keys;
  let capacity = 16;
  while (capacity < 2 * low.length) capacity *= 2;
  const mask = capacity - 1;
  const slots = new Int32Array(capacity);
  let size = 0;

  const home = (block: number): number => ((low[block] ?? 0) ^ Math.imul(high[block] ?? 0, 0x9e3779b1)) & mask;

  return {
    get size() {
      return size;
    },
    find(wantLow, wantHigh) {
      let at = (wantLow ^ Math.imul(wantHigh, 0x9e3779b1)) & mask;
      for (let block = slots[at] ?? 0; block !== 0; block = slots[at] ?? 0) {
        if (low[block] === wantLow && high[block] === wantHigh) return block;
        at = (at + 1) & mask;
      }
      return 0;
    },
    add(block) {
      let at = home(block);
      while (slots[at] !== 0) at = (at + 1) & mask;
      slots[at] = block;
      size++;
    },
    remove(block) {
      let hole = home(block);
      while (slots[hole] !== block) hole = (hole + 1) & mask;
      // Backward shift: later entries of the run move up unless that would pass their home.
      for (let at = (hole + 1) & mask; slots[at] !== 0; at = (at + 1) & mask) {
        const mover = slots[at] ?? 0;
        if (((at - home(mover)) & mask) < ((at - hole) & mask)) continue;
        slots[hole] = mover;
        hole = at;
      }
      slots[hole] = 0;
      size--;
    },
    clear() {
      slots.fill(0);
      size = 0;
    },
  };
}
