// Byte-pair encoding of one word: merge the pair of lowest rank, leftmost first, until none is left.
import type { MergeTable } from "./merge-table.ts";

/** Beyond this many tokens the scan for the lowest rank costs more than a heap. */
const SCAN_LIMIT = 48;

/** `ids` are the word's bytes as tokens; the result may be the same array, shortened. */
export function mergeWord(ids: number[], table: MergeTable): number[] {
  return ids.length <= SCAN_LIMIT ? mergeByScan(ids, table) : mergeByHeap(ids, table);
}

function mergeByScan(ids: number[], table: MergeTable): number[] {
  const ranks: number[] = [];
  for (let i = 0; i + 1 < ids.length; i++) ranks.push(table.rank(ids[i] ?? 0, ids[i + 1] ?? 0));
  for (;;) {
    let best = -1;
    let at = -1;
    for (let i = 0; i < ranks.length; i++) {
      const rank = ranks[i] ?? -1;
      if (rank >= 0 && (best < 0 || rank < best)) {
        best = rank;
        at = i;
      }
    }
    if (at < 0) return ids;
    const merged = table.result(best);
    ids[at] = merged;
    ids.splice(at + 1, 1);
    ranks.splice(at, 1);
    if (at > 0) ranks[at - 1] = table.rank(ids[at - 1] ?? 0, merged);
    if (at < ranks.length) ranks[at] = table.rank(merged, ids[at + 1] ?? 0);
  }
}

/** O(n log n) for any input: a user may send a megabyte of one letter. */
function mergeByHeap(ids: number[], table: MergeTable): number[] {
  const count = ids.length;
  const next = Int32Array.from({ length: count }, (_, i) => (i + 1 < count ? i + 1 : -1));
  const previous = Int32Array.from({ length: count }, (_, i) => i - 1);
  const heap = candidateHeap();

  function offer(left: number): void {
    const right = left < 0 ? -1 : (next[left] ?? -1);
    if (right < 0) return;
    const rank = table.rank(ids[left] ?? 0, ids[right] ?? 0);
    if (rank >= 0) heap.push(rank, left);
  }

  for (let i = 0; i < count; i++) offer(i);
  while (heap.pop()) {
    const { rank, at } = heap.top;
    const right = next[at] ?? -1;
    // A candidate is stale when one of its two tokens was merged in the meantime.
    if (right < 0 || ids[at] === GONE || table.rank(ids[at] ?? 0, ids[right] ?? 0) !== rank) continue;
    ids[at] = table.result(rank);
    ids[right] = GONE;
    const after = next[right] ?? -1;
    next[at] = after;
    if (after >= 0) previous[after] = at;
    offer(previous[at] ?? -1);
    offer(at);
  }
  return ids.filter((id) => id !== GONE);
}

const GONE = -1;

/** A binary heap of (rank, position), lowest rank and then leftmost on top. */
function candidateHeap() {
  // One number a candidate keeps the order and saves the objects: ranks and positions are below 2^26.
  const keys: number[] = [];
  const top = { rank: 0, at: 0 };
  return {
    top,
    push(rank: number, at: number): void {
      siftUp(keys, rank * POSITIONS + at);
    },
    /** Moves the lowest candidate into `top`; false when there is none. */
    pop(): boolean {
      const first = keys[0];
      const last = keys.pop();
      if (first === undefined || last === undefined) return false;
      if (keys.length > 0) siftDown(keys, last);
      top.rank = Math.floor(first / POSITIONS);
      top.at = first % POSITIONS;
      return true;
    },
  };
}

const POSITIONS = 2 ** 27;

function siftUp(keys: number[], key: number): void {
  let place = keys.length;
  keys.push(key);
  while (place > 0) {
    const parent = (place - 1) >> 1;
    const above = keys[parent] ?? 0;
    if (above <= key) break;
    keys[place] = above;
    place = parent;
  }
  keys[place] = key;
}

/** Puts `key` at the top, where the lowest was, and lets it sink. */
function siftDown(keys: number[], key: number): void {
  let place = 0;
  for (let child = 1; child < keys.length; child = 2 * place + 1) {
    if (child + 1 < keys.length && (keys[child + 1] ?? 0) < (keys[child] ?? 0)) child++;
    const below = keys[child] ?? 0;
    if (below >= key) break;
    keys[place] = below;
    place = child;
  }
  keys[place] = key;
}
