// Which worker holds which block: the contract that routing asks and event feeds fill.
import type { BlockHashes } from "../tokens/index.ts";
import type { KvEventBatch } from "../vllm/index.ts";

export interface KvIndex {
  /**
   * Applies one event batch of a worker, in sequence order. A gap or a step back is the feed's matter:
   * it calls `drop` (restart) or replays before it goes on.
   */
  apply(worker: string, batch: KvEventBatch, nowMs: number): void;
  /** For workers without events: believe that `worker` will hold these blocks, until `ttlSeconds` passes. */
  predict(worker: string, hashes: BlockHashes, nowMs: number): void;
  /** Leading blocks of `hashes` that each of `workers` holds; the result is valid until the next call. */
  overlap(hashes: BlockHashes, workers: readonly string[], nowMs: number): Int32Array;
  /** Forgets all of a worker's entries. */
  drop(worker: string): void;
  /** Frees what has expired; call about once a second. */
  sweep(nowMs: number): void;
  stats(): KvIndexStats;
}

export interface KvIndexStats {
  /** Distinct blocks held by anyone. */
  readonly blocks: number;
  /** Σ over workers. */
  readonly entries: number;
  readonly byWorker: Readonly<Record<string, number>>;
  readonly bytes: number;
  readonly evictions: number;
  /** Events that named an unknown parent or block, by kind. */
  readonly orphans: number;
}
