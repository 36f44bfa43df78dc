// What one worker's GPU holds, as plain numbers that another process can take over.
import { HIGH, LOW, PREDICTED, STRIDE } from "./block-table.ts";
import type { BlockStore } from "./block-store.ts";
import type { blockSize } from "./block-size.ts";
import type { Holder } from "./holder.ts";
import type { IndexSnapshots } from "./kv-index.ts";

export interface WorkerBlocks {
  readonly blockSize: number;
  /** Four words a block that events confirmed: the engine's hash and ours, low half first. */
  readonly confirmed: Int32Array;
  /** Two words a block that is only believed to be there: our hash. */
  readonly predicted: Int32Array;
}

/** Blocks of each kind in a snapshot: 4 MiB. */
const SNAPSHOT_LIMIT = 262_144;

export interface SnapshotParts {
  readonly store: BlockStore;
  readonly size: ReturnType<typeof blockSize>;
  readonly ttlMs: number;
  readonly gpuOf: (worker: string) => Holder | undefined;
  /** The holder for what is restored; it ages from `nowMs`. */
  readonly restored: (worker: string, isConfirmed: boolean, nowMs: number) => Holder;
}

export function indexSnapshots({ store, size, ttlMs, gpuOf, restored }: SnapshotParts): IndexSnapshots {
  return {
    take(worker) {
      const gpu = gpuOf(worker);
      if (gpu === undefined || size.tokens === undefined || gpu.entries === 0) return undefined;
      return { blockSize: size.tokens, ...exportBlocks(store, gpu, SNAPSHOT_LIMIT) };
    },
    restore(worker, blocks, nowMs) {
      size.suggest(blocks.blockSize);
      if (blocks.blockSize !== size.tokens) return;
      importBlocks(store, restored(worker, blocks.confirmed.length > 0, nowMs), blocks, nowMs + ttlMs);
    },
  };
}

/** At most `limit` blocks of each kind: the rest is forgotten, which costs hits, never correctness. */
function exportBlocks(store: BlockStore, holder: Holder, limit: number): Omit<WorkerBlocks, "blockSize"> {
  const { engine, predicted } = holder;
  const confirmed = new Int32Array(4 * Math.min(limit, engine.size));
  let at = 0;
  for (let slot = 0; slot < engine.slots && at < confirmed.length; slot++) {
    const block = engine.blockAt(slot);
    if (block === 0) continue;
    engine.keyAt(slot, confirmed.subarray(at, at + 2));
    if (store.blockOf(holder, confirmed.subarray(at, at + 2)) !== block) continue;
    hashOf(store, block, confirmed.subarray(at + 2, at + 4));
    at += 4;
  }
  return { confirmed: confirmed.slice(0, at), predicted: beliefs(store, holder, Math.min(limit, predicted.size)) };
}

function beliefs(store: BlockStore, holder: Holder, count: number): Int32Array {
  const hashes = new Int32Array(2 * count);
  let at = 0;
  for (const block of holder.predicted.blocks()) {
    if (at >= hashes.length) break;
    if (!store.sets.has(block, holder.number, PREDICTED)) continue;
    hashOf(store, block, hashes.subarray(at, at + 2));
    at += 2;
  }
  return hashes.slice(0, at);
}

function hashOf(store: BlockStore, block: number, into: Int32Array): void {
  into[0] = store.table.records[block * STRIDE + LOW] ?? 0;
  into[1] = store.table.records[block * STRIDE + HIGH] ?? 0;
}

function importBlocks(store: BlockStore, holder: Holder, blocks: WorkerBlocks, untilMs: number): void {
  const { confirmed, predicted } = blocks;
  for (let at = 0; at + 4 <= confirmed.length; at += 4)
    store.confirm(holder, confirmed.subarray(at, at + 2), confirmed.subarray(at + 2, at + 4));
  for (let at = 0; at + 2 <= predicted.length; at += 2)
    store.believe(holder, predicted.subarray(at, at + 2), { untilMs, lane: 0 }, 0);
}
