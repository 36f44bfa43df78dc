// Blocks and their holders under one memory cap: confirm, release, believe, forget, evict.
import { type BlockTable, blockTable, CONFIRMED, GENERATION, PREDICTED, STAMP, STRIDE } from "./block-table.ts";
import { byteBudget } from "./byte-budget.ts";
import { type Holder, holderRegistry, type HolderRegistry } from "./holder.ts";
import { type HolderSets, holderSets } from "./holder-sets.ts";
import type { Lane } from "./predicted-list.ts";

export interface Belief {
  readonly untilMs: number;
  readonly lane: Lane;
}

export interface BlockStore {
  readonly table: BlockTable;
  readonly sets: HolderSets;
  readonly holders: HolderRegistry;
  readonly bytes: number;
  readonly evictions: number;
  /** The engine stored the block `hash` (ours) and calls it `key`. */
  confirm(holder: Holder, key: Int32Array, hash: Int32Array): void;
  /** The engine removed what it calls `key`; false when that is unknown. */
  release(holder: Holder, key: Int32Array): boolean;
  /** The holder's block of that name, 0 when unknown. */
  blockOf(holder: Holder, key: Int32Array): number;
  isConfirmed(holder: Holder, hash: Int32Array): boolean;
  /** True when the block was not held before. */
  believe(holder: Holder, hash: Int32Array, belief: Belief): boolean;
  /** Ends all beliefs that end by `nowMs`. */
  expire(holder: Holder, nowMs: number): void;
  /** Ends one belief. */
  disbelieve(holder: Holder, block: number): void;
  /** Ends everything that events confirmed, and keeps the beliefs. */
  forgetConfirmed(holder: Holder): void;
  remove(holder: Holder): void;
  /** A new value for the STAMP of records. */
  tick(): number;
}

/** How many blocks are compared when one has to go (as Redis samples for its LRU), and how many go at once. */
const SAMPLE = 8;
const BATCH = 32;

export function blockStore(maxBytes: number): BlockStore {
  const budget = byteBudget(maxBytes);
  const table = blockTable(budget);
  const sets = holderSets(table);
  const holders = holderRegistry(budget);
  /** Further names of a block that its holder's engine has under several: holder × 2³² + block → how many. */
  const aliases = new Map<number, number>();
  let evictions = 0;
  let stamp = 0;
  let hand = 0;

  function generation(block: number): number {
    return table.records[block * STRIDE + GENERATION] ?? 0;
  }

  function touch(block: number): void {
    table.records[block * STRIDE + STAMP] = stamp;
  }

  function findOrAdd(hash: Int32Array): number {
    const low = hash[0] ?? 0;
    const high = hash[1] ?? 0;
    const block = table.find(low, high) || table.add(low, high);
    touch(block);
    return block;
  }

  function slotOf(holder: Holder, key: Int32Array): number {
    const slot = holder.engine.find(key[0] ?? 0, key[1] ?? 0);
    if (slot < 0) return -1;
    if (holder.engine.isCurrent(slot, generation(holder.engine.blockAt(slot)))) return slot;
    // The block was evicted since; the name means nothing any more.
    holder.engine.removeAt(slot);
    return -1;
  }

  function dropBit(holder: Holder, block: number, field: typeof CONFIRMED | typeof PREDICTED): void {
    if (!sets.unmark(block, holder.number, field)) return;
    if (!sets.has(block, holder.number, field === CONFIRMED ? PREDICTED : CONFIRMED)) holder.entries--;
    if (sets.isEmpty(block)) table.remove(block);
  }

  function disbelieve(holder: Holder, block: number): void {
    if (holder.predicted.remove(block)) dropBit(holder, block, PREDICTED);
  }

  /** The engine has one name less for the block. */
  function unname(holder: Holder, block: number): void {
    const alias = holder.number * 2 ** 32 + block;
    const more = aliases.size === 0 ? 0 : (aliases.get(alias) ?? 0);
    if (more > 1) aliases.set(alias, more - 1);
    else if (more === 1) aliases.delete(alias);
    else dropBit(holder, block, CONFIRMED);
  }

  function evict(block: number): void {
    if (block === 0) return;
    sets.clear(block, (number, _confirmed, predicted) => {
      const holder = holders.all[number];
      if (holder === undefined) return;
      holder.entries--;
      if (predicted) holder.predicted.remove(block);
      aliases.delete(number * 2 ** 32 + block);
    });
    table.remove(block);
    evictions++;
  }

  /** The holder whose oldest belief ends first. */
  function oldestBeliever(): Holder | undefined {
    let oldest: Holder | undefined;
    for (const holder of holders.all) {
      if (holder === undefined || holder.predicted.size === 0) continue;
      if (oldest === undefined || holder.predicted.oldestUntil() < oldest.predicted.oldestUntil()) oldest = holder;
    }
    return oldest;
  }

  /** The least recently used block of a few, taken in turn round the table; 0 when there are none. */
  function leastRecent(): number {
    let best = 0;
    let bestAge = -1;
    for (let looked = 0, seen = 0; seen < SAMPLE && looked < table.capacity; looked++) {
      hand = (hand % table.capacity) + 1;
      if (!isBlock(hand)) continue;
      seen++;
      const age = (stamp - (table.records[hand * STRIDE + STAMP] ?? 0)) | 0;
      if (age > bestAge) {
        best = hand;
        bestAge = age;
      }
    }
    return best;
  }

  /** A free record or a further chunk is no block: the table finds another id, or none, under its hash. */
  function isBlock(id: number): boolean {
    const at = id * STRIDE;
    return table.find(table.records[at] ?? 0, table.records[at + 1] ?? 0) === id;
  }

  /** Room for a block and a chunk of holders: predictions go first, the oldest before the others, then what was used least recently. */
  function makeRoom(): void {
    while (!table.ensure(2)) {
      const believer = oldestBeliever();
      if (believer === undefined) for (let i = 0; i < BATCH; i++) evict(leastRecent());
      else for (let i = 0; i < BATCH && believer.predicted.size > 0; i++) evictOldest(believer);
    }
  }

  function evictOldest(believer: Holder): void {
    disbelieve(believer, believer.predicted.oldest());
    evictions++;
  }

  /** A name less in the holder's table, when it may not grow: a stale one if met, else the least recently used of a few. */
  function makeName(holder: Holder): void {
    while (!holder.engine.ensure()) {
      const { engine } = holder;
      let best = -1;
      let bestAge = -1;
      for (let looked = 0, seen = 0; seen < SAMPLE && looked < engine.slots; looked++) {
        hand = (hand + 1) % 0x40000000;
        const slot = hand & (engine.slots - 1);
        const block = engine.blockAt(slot);
        if (block === 0) continue;
        seen++;
        const age = engine.isCurrent(slot, generation(block))
          ? (stamp - (table.records[block * STRIDE + STAMP] ?? 0)) | 0
          : Number.MAX_SAFE_INTEGER;
        if (age > bestAge) [best, bestAge] = [slot, age];
      }
      const block = engine.blockAt(best);
      const isCurrent = engine.isCurrent(best, generation(block));
      engine.removeAt(best);
      if (isCurrent) unname(holder, block);
      evictions++;
    }
  }

  function forgetConfirmed(holder: Holder): void {
    const { engine } = holder;
    for (let slot = 0; engine.size > 0 && slot < engine.slots; slot++) {
      // Removing moves later names up into this slot, so it is looked at until it is empty.
      for (let block = engine.blockAt(slot); block !== 0; block = engine.blockAt(slot)) {
        const isCurrent = engine.isCurrent(slot, generation(block));
        engine.removeAt(slot);
        if (isCurrent) unname(holder, block);
      }
    }
  }

  return {
    table,
    sets,
    holders,
    get bytes() {
      return budget.used;
    },
    get evictions() {
      return evictions;
    },
    confirm(holder, key, hash) {
      makeRoom();
      makeName(holder);
      const named = slotOf(holder, key);
      if (named >= 0) {
        holder.engine.increment(named);
        touch(holder.engine.blockAt(named));
        return;
      }
      const block = findOrAdd(hash);
      holder.engine.put(key[0] ?? 0, key[1] ?? 0, block, generation(block));
      const wasBelieved = holder.predicted.remove(block) && sets.unmark(block, holder.number, PREDICTED);
      if (sets.mark(block, holder.number, CONFIRMED)) {
        if (!wasBelieved) holder.entries++;
      } else {
        const alias = holder.number * 2 ** 32 + block;
        aliases.set(alias, (aliases.get(alias) ?? 0) + 1);
      }
    },
    release(holder, key) {
      const slot = slotOf(holder, key);
      if (slot < 0) return false;
      const block = holder.engine.blockAt(slot);
      if (holder.engine.decrement(slot) > 0) return true;
      holder.engine.removeAt(slot);
      disbelieve(holder, block);
      unname(holder, block);
      return true;
    },
    blockOf(holder, key) {
      const slot = slotOf(holder, key);
      return slot < 0 ? 0 : holder.engine.blockAt(slot);
    },
    isConfirmed(holder, hash) {
      const block = table.find(hash[0] ?? 0, hash[1] ?? 0);
      return block !== 0 && sets.has(block, holder.number, CONFIRMED);
    },
    believe(holder, hash, { untilMs, lane }) {
      makeRoom();
      if (!holder.predicted.ensure()) evictOldest(holder);
      const block = findOrAdd(hash);
      const isHeld = sets.has(block, holder.number, CONFIRMED);
      const isNew = holder.predicted.put(block, untilMs, lane);
      if (isNew) sets.mark(block, holder.number, PREDICTED);
      if (isNew && !isHeld) holder.entries++;
      return isNew && !isHeld;
    },
    expire(holder, nowMs) {
      while (holder.predicted.oldestUntil() <= nowMs) disbelieve(holder, holder.predicted.oldest());
    },
    disbelieve,
    forgetConfirmed,
    remove(holder) {
      forgetConfirmed(holder);
      while (holder.predicted.size > 0) disbelieve(holder, holder.predicted.oldest());
      holders.remove(holder);
    },
    tick: () => (stamp = (stamp + 1) | 0),
  };
}
