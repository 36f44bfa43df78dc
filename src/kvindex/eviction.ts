// What goes when memory is short: predictions first, the oldest before the others, then what was used least recently.
import { type BlockTable, STAMP, STRIDE } from "./block-table.ts";
import type { Holder, HolderRegistry } from "./holder.ts";

export interface EvictionParts {
  readonly table: BlockTable;
  readonly holders: HolderRegistry;
  /** The present value of STAMP. */
  readonly stamp: () => number;
  /** True when the holder's name in this slot still means its block. */
  readonly isCurrent: (holder: Holder, slot: number) => boolean;
  /** Takes a block from all its holders. */
  readonly forgetBlock: (block: number) => void;
  /** Takes a name from a holder, and its block with it when it was the last one. */
  readonly forgetName: (holder: Holder, slot: number) => void;
  readonly disbelieve: (holder: Holder, block: number) => void;
}

export interface Eviction {
  readonly evictions: number;
  /** Room for a block and a chunk of its holders. */
  makeRoom(): void;
  /** Room for one more name in the holder's table. */
  makeName(holder: Holder): void;
  /** Room for one more belief of the holder. */
  makeBelief(holder: Holder): void;
}

/** How many are compared when one has to go (as Redis samples for its LRU), and how many go at once. */
const SAMPLE = 8;
const BATCH = 32;

export function eviction(parts: EvictionParts): Eviction {
  const { table, holders } = parts;
  let evictions = 0;
  /** Where the last sample ended. */
  let hand = 0;

  function ageOf(block: number): number {
    return (parts.stamp() - (table.records[block * STRIDE + STAMP] ?? 0)) | 0;
  }

  /** A free record or a further chunk is no block: under its hash the table finds another id, or none. */
  function isBlock(id: number): boolean {
    const at = id * STRIDE;
    return table.find(table.records[at] ?? 0, table.records[at + 1] ?? 0) === id;
  }

  /** The oldest of the next few; -1 when there are none. */
  function oldestOf(count: number, isThere: (place: number) => boolean, age: (place: number) => number): number {
    let best = -1;
    let bestAge = -1;
    for (let looked = 0, seen = 0; seen < SAMPLE && looked < count; looked++) {
      hand = (hand + 1) % count;
      if (!isThere(hand)) continue;
      seen++;
      const ageHere = age(hand);
      if (ageHere > bestAge) [best, bestAge] = [hand, ageHere];
    }
    return best;
  }

  function evictBlock(): void {
    const block = oldestOf(table.capacity + 1, isBlock, ageOf);
    if (block <= 0) return;
    parts.forgetBlock(block);
    evictions++;
  }

  function evictBelief(holder: Holder): void {
    parts.disbelieve(holder, holder.predicted.oldest());
    evictions++;
  }

  /** A stale name if one is met. */
  function evictName(holder: Holder): void {
    const { engine } = holder;
    const age = (slot: number) =>
      parts.isCurrent(holder, slot) ? ageOf(engine.blockAt(slot)) : Number.MAX_SAFE_INTEGER;
    parts.forgetName(
      holder,
      oldestOf(engine.slots, (slot) => engine.blockAt(slot) !== 0, age),
    );
    evictions++;
  }

  return {
    get evictions() {
      return evictions;
    },
    makeRoom() {
      while (!table.ensure(2)) {
        const believer = oldestBeliever(holders);
        if (believer === undefined) for (let i = 0; i < BATCH; i++) evictBlock();
        else for (let i = 0; i < BATCH && believer.predicted.size > 0; i++) evictBelief(believer);
      }
    },
    makeName(holder) {
      while (!holder.engine.ensure()) evictName(holder);
    },
    makeBelief(holder) {
      if (!holder.predicted.ensure()) evictBelief(holder);
    },
  };
}

/** The holder whose oldest belief ends first. */
function oldestBeliever(holders: HolderRegistry): Holder | undefined {
  let oldest: Holder | undefined;
  for (const holder of holders.all) {
    if (holder === undefined || holder.predicted.size === 0) continue;
    if (oldest === undefined || holder.predicted.oldestUntil() < oldest.predicted.oldestUntil()) oldest = holder;
  }
  return oldest;
}
