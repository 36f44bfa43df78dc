// The KV blocks of one engine: reference counts, the free list in order of eviction, and the prefix cache's hashes.
import { blockTable } from "./block-table.ts";
import { freeList } from "./free-list.ts";

export interface BlockPool {
  /** Usable blocks: one of the given is vLLM's null block. */
  readonly total: number;
  /** Blocks that no sequence uses; cached content in them counts as free. */
  readonly free: number;
  /** Blocks with a hash. */
  readonly cached: number;
  /** A block that holds this hash, or 0. */
  find(low: number, high: number): number;
  isFree(block: number): boolean;
  /** One more user of a block that was found. */
  touch(block: number): void;
  /** A block for new content: the least recently used free one, its old content evicted. There must be one. */
  take(): number;
  /** One user fewer. */
  release(block: number): void;
  /** Makes the content of a block known. */
  register(block: number, low: number, high: number): void;
  /** Forgets all content; false while a block is in use. */
  reset(): boolean;
}

/** `evicted` hears of each hash that goes, except on reset. */
export function blockPool(blocks: number, evicted: (low: number, high: number) => void): BlockPool {
  const references = new Int32Array(blocks);
  // The pair (0, 0) means no hash.
  const low = new Int32Array(blocks);
  const high = new Int32Array(blocks);
  const table = blockTable({ low, high });
  const list = freeList(blocks);
  const total = blocks - 1;

  const hashed = (block: number): boolean => ((low[block] ?? 0) | (high[block] ?? 0)) !== 0;

  function evict(block: number): void {
    table.remove(block);
    evicted(low[block] ?? 0, high[block] ?? 0);
    low[block] = 0;
    high[block] = 0;
  }

  return {
    total,
    get free() {
      return list.size;
    },
    get cached() {
      return table.size;
    },
    find: (wantLow, wantHigh) => table.find(wantLow, wantHigh),
    isFree: (block) => references[block] === 0,
    touch(block) {
      if (references[block] === 0) list.remove(block);
      references[block] = (references[block] ?? 0) + 1;
    },
    take() {
      const block = list.shift();
      if (hashed(block)) evict(block);
      references[block] = 1;
      return block;
    },
    release(block) {
      const left = (references[block] ?? 0) - 1;
      references[block] = left;
      if (left > 0) return;
      // Content that can never be found again is reused first.
      if (hashed(block)) list.push(block);
      else list.unshift(block);
    },
    register(block, newLow, newHigh) {
      low[block] = newLow;
      high[block] = newHigh;
      table.add(block);
    },
    reset() {
      if (list.size !== total) return false;
      table.clear();
      low.fill(0);
      high.fill(0);
      return true;
    },
  };
}
