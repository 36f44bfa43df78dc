// Writes down that a holder will hold a chain of blocks, and no more of it than has grown old.
import type { Belief, BlockStore } from "./block-store.ts";
import type { Holder } from "./holder.ts";
import type { ChainPart } from "./kv-index.ts";
import type { WalkedChain } from "./walked-chain.ts";

export interface BeliefTerms extends Belief {
  /** Blocks that events confirmed need no belief. */
  readonly isLive: boolean;
  /** Beliefs younger than this are left as they are. */
  readonly renewMs: number;
}

/** Returns how many blocks are news. */
export type BeliefWalk = (holder: Holder, hashes: ChainPart, terms: BeliefTerms) => number;

export function beliefWalk(store: BlockStore, walked: WalkedChain): BeliefWalk {
  const pair = new Int32Array(2);

  return (holder, hashes, terms) => {
    const { isLive, untilMs, renewMs, lane } = terms;
    const { from = 0 } = hashes;
    const { predicted } = holder;
    let news = 0;
    let put = 0;
    // Of the blocks before `from` nothing is known yet.
    let floor = from === 0 ? untilMs : Number.NEGATIVE_INFINITY;
    store.tick();
    // The last block first: what is believed to be evicted first is the end of a prefix, as in the engine.
    for (let i = hashes.count - 1; i >= from; i--) {
      const block = walked.blockOf(hashes, i);
      if (isLive) {
        if (store.isConfirmed(holder, block)) continue;
      } else if (block !== 0) {
        const known = predicted.floorOf(block, untilMs, renewMs);
        if (known > Number.NEGATIVE_INFINITY) {
          // This block and all before it are believed long enough.
          floor = Math.min(untilMs, known);
          break;
        }
      }
      pair[0] = hashes.words[2 * i] ?? 0;
      pair[1] = hashes.words[2 * i + 1] ?? 0;
      if (store.believe(holder, pair, terms, block)) news++;
      put++;
    }
    if (!isLive) predicted.setFloor(lane, put, floor);
    return news;
  };
}
