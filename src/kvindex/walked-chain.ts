// The blocks that the last walk met: the prediction that follows finds them again without another search.
import type { BlockHashes } from "../tokens/index.ts";
import { type BlockTable, HIGH, LOW, STRIDE } from "./block-table.ts";

export interface WalkedChain {
  /** Ids of the chain's first blocks; at least as many entries as `hashes` has blocks. The walk fills it, then calls `end`. */
  begin(hashes: BlockHashes): Int32Array;
  end(length: number): void;
  /** Id of block `index` of the chain, 0 when there is none. */
  blockOf(hashes: BlockHashes, index: number): number;
}

export function walkedChain(table: BlockTable): WalkedChain {
  let blocks = new Int32Array(64);
  let chain: BlockHashes | undefined;
  let known = 0;
  /** Ids stay while no block is removed. */
  let removals = 0;
  return {
    begin(hashes) {
      if (blocks.length < hashes.count) blocks = new Int32Array(2 * hashes.count);
      chain = hashes;
      known = 0;
      return blocks;
    },
    end(length) {
      known = length;
      removals = table.removals;
    },
    blockOf(hashes, index) {
      const low = hashes.words[2 * index] ?? 0;
      const high = hashes.words[2 * index + 1] ?? 0;
      if (index < known && hashes === chain && removals === table.removals) {
        const block = blocks[index] ?? 0;
        // The words of a chain may have been overwritten since.
        const at = block * STRIDE;
        if (table.records[at + LOW] === low && table.records[at + HIGH] === high) return block;
      }
      return table.find(low, high);
    },
  };
}
