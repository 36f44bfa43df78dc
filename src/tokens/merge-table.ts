// Which two neighbouring tokens merge into which, and how early.

export interface MergeTable {
  /** The index of a pair's merge: lower merges first; −1 when the pair does not merge. */
  rank(left: number, right: number): number;
  /** The token that the merge of this rank makes. */
  result(rank: number): number;
}

export interface Merge {
  readonly left: number;
  readonly right: number;
  readonly result: number;
}

/** What a table is made of; goes from one thread to another as it is. */
export interface MergeArrays {
  /** A hash table of ranks; −1 is free. */
  readonly ranks: Int32Array;
  readonly lefts: Int32Array;
  readonly rights: Int32Array;
  /** By rank. */
  readonly results: Int32Array;
}

/** Open addressing on flat arrays: a Map keyed by pairs costs five times the lookup. */
export function mergeArrays(merges: readonly Merge[]): MergeArrays {
  const mask = 2 ** Math.ceil(Math.log2(Math.max(2, merges.length * 2))) - 1;
  const ranks = new Int32Array(mask + 1).fill(-1);
  const lefts = new Int32Array(mask + 1);
  const rights = new Int32Array(mask + 1);
  const results = Int32Array.from(merges, (merge) => merge.result);
  for (const [rank, { left, right }] of merges.entries()) {
    let place = spread(left, right) & mask;
    while ((ranks[place] ?? -1) >= 0 && !(lefts[place] === left && rights[place] === right)) place = (place + 1) & mask;
    ranks[place] = rank;
    lefts[place] = left;
    rights[place] = right;
  }
  return { ranks, lefts, rights, results };
}

export function mergeTable({ ranks, lefts, rights, results }: MergeArrays): MergeTable {
  const mask = ranks.length - 1;
  return {
    result: (rank) => results[rank] ?? 0,
    rank(left, right) {
      for (let place = spread(left, right) & mask; ; place = (place + 1) & mask) {
        const rank = ranks[place] ?? -1;
        if (rank < 0 || (lefts[place] === left && rights[place] === right)) return rank;
      }
    },
  };
}

function spread(left: number, right: number): number {
  const hash = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca77);
  return (hash ^ (hash >>> 15)) >>> 0;
}
