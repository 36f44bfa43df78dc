// How far into a chain of blocks each of several holders goes: one walk with a shrinking set of holders.
import type { BlockHashes } from "../tokens/index.ts";
import type { BlockStore } from "./block-store.ts";
import { CHUNK, CONFIRMED, NEXT, PREDICTED, STAMP, STRIDE } from "./block-table.ts";
import type { WalkedChain } from "./walked-chain.ts";

/** Writes the leading run length of holder `numbers[i]` into `lengths[i]`; a negative number holds nothing. */
export type OverlapWalk = (hashes: BlockHashes, numbers: Int32Array, count: number, lengths: Int32Array) => void;

export function overlapWalk(store: BlockStore, walked: WalkedChain): OverlapWalk {
  /** Bit set of the holders that hold every block so far, and of those that hold the present one. */
  let active = new Int32Array(1);
  let held = new Int32Array(1);
  /** Run length by holder number. */
  let runs = new Int32Array(32);

  function prepare(numbers: Int32Array, count: number): void {
    const words = Math.max(1, (store.holders.all.length + 31) >>> 5);
    if (active.length < words) {
      active = new Int32Array(words);
      held = new Int32Array(words);
      runs = new Int32Array(32 * words);
    }
    active.fill(0);
    for (let i = 0; i < count; i++) {
      const number = numbers[i] ?? -1;
      if (number >= 0) active[number >>> 5] = (active[number >>> 5] ?? 0) | (1 << (number & 31));
    }
  }

  /** Fills `held` for one block. */
  function readHolders(records: Int32Array, block: number): void {
    for (let word = 0; word < held.length; word++) held[word] = 0;
    for (let id = block; id !== 0;) {
      const at = id * STRIDE;
      held[records[at + CHUNK] ?? 0] = (records[at + CONFIRMED] ?? 0) | (records[at + PREDICTED] ?? 0);
      id = records[at + NEXT] ?? 0;
    }
  }

  /** Ends the run of all in one word of `active` that are not in `present`; the others. */
  function narrowWord(word: number, present: number, length: number): number {
    const before = active[word] ?? 0;
    const after = before & present;
    if (after === before) return after;
    for (let left = before ^ after; left !== 0; left &= left - 1) {
      runs[32 * word + 31 - Math.clz32(left & -left)] = length;
    }
    active[word] = after;
    return after;
  }

  /** Ends the run of all that do not hold the block; false when none goes on. */
  function narrow(records: Int32Array, block: number, length: number): boolean {
    if (active.length === 1) {
      const at = block * STRIDE;
      return narrowWord(0, (records[at + CONFIRMED] ?? 0) | (records[at + PREDICTED] ?? 0), length) !== 0;
    }
    readHolders(records, block);
    let rest = 0;
    for (let word = 0; word < active.length; word++) rest |= narrowWord(word, held[word] ?? 0, length);
    return rest !== 0;
  }

  return (hashes, numbers, count, lengths) => {
    prepare(numbers, count);
    const { table } = store;
    const { records } = table;
    const { words } = hashes;
    const stamp = store.tick();
    const blocks = walked.begin(hashes);
    let length = 0;
    for (; length < hashes.count; length++) {
      const block = table.find(words[2 * length] ?? 0, words[2 * length + 1] ?? 0);
      if (block === 0) break;
      if (!narrow(records, block, length)) break;
      records[block * STRIDE + STAMP] = stamp;
      blocks[length] = block;
    }
    walked.end(length);
    for (let word = 0; word < active.length; word++) narrowWord(word, 0, length);
    for (let i = 0; i < count; i++) lengths[i] = (numbers[i] ?? -1) < 0 ? 0 : (runs[numbers[i] ?? 0] ?? 0);
  };
}
