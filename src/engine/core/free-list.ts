// The free blocks in order of reuse: a doubly linked list in two arrays, its ends kept at block 0.

export interface FreeList {
  readonly size: number;
  /** The next block to reuse; the list must not be empty. */
  shift(): number;
  /** Used last. */
  push(block: number): void;
  /** Used first. */
  unshift(block: number): void;
  /** The block must be in the list. */
  remove(block: number): void;
}

/** Holds blocks 1…blocks−1 at first; block 0 is vLLM's null block and never free. */
export function freeList(blocks: number): FreeList {
  const next = Int32Array.from({ length: blocks }, (_, i) => (i + 1) % blocks);
  const previous = Int32Array.from({ length: blocks }, (_, i) => (i + blocks - 1) % blocks);
  let size = blocks - 1;

  function link(before: number, block: number, after: number): void {
    next[before] = block;
    previous[block] = before;
    next[block] = after;
    previous[after] = block;
    size++;
  }

  function remove(block: number): void {
    const before = previous[block] ?? 0;
    const after = next[block] ?? 0;
    next[before] = after;
    previous[after] = before;
    size--;
  }

  return {
    get size() {
      return size;
    },
    shift() {
      const block = next[0] ?? 0;
      remove(block);
      return block;
    },
    push: (block) => link(previous[0] ?? 0, block, 0),
    unshift: (block) => link(0, block, next[0] ?? 0),
    remove,
  };
}
