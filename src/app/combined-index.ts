// One KV index a deployment behind the interface of one: block sizes and seeds differ between models.
import type { KvIndex, KvIndexStats } from "../kvindex/index.ts";

export interface IndexedWorkers {
  readonly index: KvIndex;
  readonly workers: readonly string[];
}

export function combinedIndex(parts: readonly IndexedWorkers[]): KvIndex {
  const byWorker = new Map(parts.flatMap(({ index, workers }) => workers.map((id) => [id, index] as const)));
  const [first] = parts;
  if (first === undefined) throw new RangeError("an index needs at least one deployment");
  if (parts.length === 1) return first.index;
  const of = (worker: string | undefined): KvIndex => byWorker.get(worker ?? "") ?? first.index;
  return {
    apply: (worker, batch, nowMs) => of(worker).apply(worker, batch, nowMs),
    predict: (worker, hashes, nowMs) => of(worker).predict(worker, hashes, nowMs),
    // Candidates of one request are of one model.
    overlap: (hashes, workers, nowMs) => of(workers[0]).overlap(hashes, workers, nowMs),
    drop: (worker) => of(worker).drop(worker),
    sweep: (nowMs) => {
      for (const { index } of parts) index.sweep(nowMs);
    },
    setStream: (worker, stream, nowMs) => of(worker).setStream(worker, stream, nowMs),
    streamOf: (worker, nowMs) => of(worker).streamOf(worker, nowMs),
    heldBlocks: (worker) => of(worker).heldBlocks(worker),
    snapshots: {
      take: (worker) => of(worker).snapshots?.take(worker),
      restore: (worker, blocks, nowMs) => of(worker).snapshots?.restore(worker, blocks, nowMs),
    },
    stats: () => parts.map(({ index }) => index.stats()).reduce(add),
  };
}

function add(a: KvIndexStats, b: KvIndexStats): KvIndexStats {
  return {
    blocks: a.blocks + b.blocks,
    entries: a.entries + b.entries,
    byWorker: { ...a.byWorker, ...b.byWorker },
    bytes: a.bytes + b.bytes,
    evictions: a.evictions + b.evictions,
    orphans: a.orphans + b.orphans,
    ignored: a.ignored + b.ignored,
    blockSize: a.blockSize === b.blockSize ? a.blockSize : undefined,
    blockSizeMismatches: { ...a.blockSizeMismatches, ...b.blockSizeMismatches },
  };
}
