// The set of holders of each block: one word of 32 holders in the block's own record, more words chained behind it.
import { type BlockTable, CHUNK, CONFIRMED, NEXT, PREDICTED, STRIDE } from "./block-table.ts";

/** Which of a chunk's two words: held by an event's word, or believed. */
export type HolderField = typeof CONFIRMED | typeof PREDICTED;

export interface HolderSets {
  has(block: number, holder: number, field: HolderField): boolean;
  /** May take one record: `ensure` before. False when the bit was set already. */
  mark(block: number, holder: number, field: HolderField): boolean;
  /** False when the bit was not set. */
  unmark(block: number, holder: number, field: HolderField): boolean;
  /** True when nobody holds the block. */
  isEmpty(block: number): boolean;
  /** Calls `visit` for every holder of the block, then forgets all of them. */
  clear(block: number, visit: (holder: number, confirmed: boolean, predicted: boolean) => void): void;
}

export function holderSets(table: BlockTable): HolderSets {
  /** Offset of the chunk's record, or -1. */
  function chunkAt(block: number, chunk: number): number {
    const { records } = table;
    for (let id = block; id !== 0; id = records[id * STRIDE + NEXT] ?? 0) {
      const at = id * STRIDE;
      if (records[at + CHUNK] === chunk) return at;
    }
    return -1;
  }

  function newChunk(block: number, chunk: number): number {
    const { records } = table;
    const head = block * STRIDE;
    // A block without holders uses its own record whatever chunk it stood for.
    if (bits(records, head) === 0 && records[head + NEXT] === 0) {
      records[head + CHUNK] = chunk;
      return head;
    }
    const id = table.takeRecord();
    const at = id * STRIDE;
    records[at + CHUNK] = chunk;
    records[at + NEXT] = records[head + NEXT] ?? 0;
    records[head + NEXT] = id;
    return at;
  }

  /** Takes an empty chunk out of the block's chain; the head, when empty, takes over the second. */
  function unlink(block: number, at: number): void {
    const { records } = table;
    const head = block * STRIDE;
    if (at === head) {
      const second = records[head + NEXT] ?? 0;
      if (second === 0) return;
      records.copyWithin(head + CHUNK, second * STRIDE + CHUNK, second * STRIDE + STRIDE);
      table.freeRecord(second);
      return;
    }
    let before = head;
    while ((records[before + NEXT] ?? 0) * STRIDE !== at) before = (records[before + NEXT] ?? 0) * STRIDE;
    records[before + NEXT] = records[at + NEXT] ?? 0;
    table.freeRecord(at / STRIDE);
  }

  return {
    has(block, holder, field) {
      const at = chunkAt(block, holder >>> 5);
      return at >= 0 && ((table.records[at + field] ?? 0) & (1 << (holder & 31))) !== 0;
    },
    mark(block, holder, field) {
      let at = chunkAt(block, holder >>> 5);
      if (at < 0) at = newChunk(block, holder >>> 5);
      const word = table.records[at + field] ?? 0;
      const bit = 1 << (holder & 31);
      table.records[at + field] = word | bit;
      return (word & bit) === 0;
    },
    unmark(block, holder, field) {
      const at = chunkAt(block, holder >>> 5);
      const word = at < 0 ? 0 : (table.records[at + field] ?? 0);
      const bit = 1 << (holder & 31);
      if ((word & bit) === 0) return false;
      table.records[at + field] = word & ~bit;
      if (bits(table.records, at) === 0) unlink(block, at);
      return true;
    },
    isEmpty: (block) => bits(table.records, block * STRIDE) === 0,
    clear(block, visit) {
      const { records } = table;
      for (let id = block; id !== 0;) {
        const at = id * STRIDE;
        const next = records[at + NEXT] ?? 0;
        visitChunk(records, at, visit);
        if (id !== block) table.freeRecord(id);
        id = next;
      }
      const head = block * STRIDE;
      records.fill(0, head + CHUNK, head + STRIDE);
    },
  };
}

function bits(records: Int32Array, at: number): number {
  return (records[at + CONFIRMED] ?? 0) | (records[at + PREDICTED] ?? 0);
}

function visitChunk(
  records: Int32Array,
  at: number,
  visit: (holder: number, confirmed: boolean, predicted: boolean) => void,
): void {
  const confirmed = records[at + CONFIRMED] ?? 0;
  const predicted = records[at + PREDICTED] ?? 0;
  const first = 32 * (records[at + CHUNK] ?? 0);
  for (let rest = confirmed | predicted; rest !== 0; rest &= rest - 1) {
    const bit = rest & -rest;
    visit(first + 31 - Math.clz32(bit), (confirmed & bit) !== 0, (predicted & bit) !== 0);
  }
}
