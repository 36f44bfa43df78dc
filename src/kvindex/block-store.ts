// Blocks and their holders under one memory cap: confirm, release, believe, forget, evict.
import { type BlockTable, blockTable, CONFIRMED, GENERATION, PREDICTED, STAMP, STRIDE } from "./block-table.ts";
import { byteBudget } from "./byte-budget.ts";
import { eviction } from "./eviction.ts";
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
  isConfirmed(holder: Holder, block: number): boolean;
  /** True when the block was not held before. `known`: its id, or 0. */
  believe(holder: Holder, hash: Int32Array, belief: Belief, known: number): boolean;
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

export function blockStore(maxBytes: number): BlockStore {
  const budget = byteBudget(maxBytes);
  const table = blockTable(budget);
  const sets = holderSets(table);
  const holders = holderRegistry(budget);
  /** Further names of a block that its holder's engine has under several: holder × 2³² + block → how many. */
  const aliases = new Map<number, number>();
  let stamp = 0;
  const room = eviction({ table, holders, stamp: () => stamp, isCurrent, forgetBlock, forgetName, disbelieve });

  function generation(block: number): number {
    return table.records[block * STRIDE + GENERATION] ?? 0;
  }

  function isCurrent({ engine }: Holder, slot: number): boolean {
    return engine.isCurrent(slot, generation(engine.blockAt(slot)));
  }

  function touch(block: number): void {
    table.records[block * STRIDE + STAMP] = stamp;
  }

  function findOrAdd(hash: Int32Array, known: number): number {
    const low = hash[0] ?? 0;
    const high = hash[1] ?? 0;
    const block = known || table.find(low, high) || table.add(low, high);
    touch(block);
    return block;
  }

  function slotOf(holder: Holder, key: Int32Array): number {
    const slot = holder.engine.find(key[0] ?? 0, key[1] ?? 0);
    if (slot < 0) return -1;
    if (isCurrent(holder, slot)) return slot;
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

  function forgetBlock(block: number): void {
    sets.clear(block, (number, _confirmed, predicted) => {
      const holder = holders.all[number];
      if (holder === undefined) return;
      holder.entries--;
      if (predicted) holder.predicted.remove(block);
      aliases.delete(number * 2 ** 32 + block);
    });
    table.remove(block);
  }

  /** Removes the name; its block goes with it unless the name is stale. */
  function forgetName(holder: Holder, slot: number): void {
    const block = holder.engine.blockAt(slot);
    const isNamed = isCurrent(holder, slot);
    holder.engine.removeAt(slot);
    if (isNamed) unname(holder, block);
  }

  function forgetConfirmed(holder: Holder): void {
    const { engine } = holder;
    for (let slot = 0; engine.size > 0 && slot < engine.slots; slot++) {
      // Removing moves later names up into this slot, so it is looked at until it is empty.
      while (engine.blockAt(slot) !== 0) forgetName(holder, slot);
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
      return room.evictions;
    },
    confirm(holder, key, hash) {
      room.makeRoom();
      room.makeName(holder);
      const named = slotOf(holder, key);
      if (named >= 0) {
        holder.engine.increment(named);
        touch(holder.engine.blockAt(named));
        return;
      }
      const block = findOrAdd(hash, 0);
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
    isConfirmed: (holder, block) => block !== 0 && sets.has(block, holder.number, CONFIRMED),
    believe(holder, hash, { untilMs, lane }, known) {
      const { removals } = table;
      room.makeRoom();
      room.makeBelief(holder);
      const block = findOrAdd(hash, table.removals === removals ? known : 0);
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
