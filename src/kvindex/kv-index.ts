// Which worker holds which block: the contract that routing asks and event feeds fill.
import type { BlockHashes } from "../tokens/index.ts";
import type { KvEventBatch } from "../vllm/index.ts";
import type { WorkerBlocks } from "./worker-blocks.ts";

/**
 * none: the worker sends no events, only predictions are known · live · lost: the stream broke off ·
 * silent: connected, but blocks that were sent to the worker are not confirmed in time.
 */
export type StreamState = "none" | "live" | "silent" | "lost";

/** Of a chain of blocks those from `from` on; all when it is left out. */
export interface ChainPart extends BlockHashes {
  readonly from?: number;
}

export interface KvIndex {
  /**
   * Applies one event batch of a worker, in sequence order. A gap or a step back is the feed's matter:
   * it calls `drop` (restart) or replays before it goes on.
   */
  apply(worker: string, batch: KvEventBatch, nowMs: number): void;
  /**
   * Believe that `worker` will hold these blocks: call it whenever a request is sent. Without events the belief lasts
   * `ttlSeconds`; on a live stream it bridges the time until the events come, and their absence shows as `silent`.
   * A long prompt may be told in parts: the last one first, that from 0 last.
   */
  predict(worker: string, hashes: ChainPart, nowMs: number): void;
  /** Leading blocks of `hashes` that each of `workers` holds; the result is valid until the next call. */
  overlap(hashes: BlockHashes, workers: readonly string[], nowMs: number): Int32Array;
  /** Forgets all of a worker's entries. */
  drop(worker: string): void;
  /** Frees what has expired; call about once a second. */
  sweep(nowMs: number): void;
  /** A feed tells what its stream is; events that come make it live by themselves. */
  setStream(worker: string, stream: "none" | "live" | "lost", nowMs: number): void;
  streamOf(worker: string, nowMs: number): StreamState;
  /** Blocks that the worker holds, for the eviction regret of routing. */
  heldBlocks(worker: string): number;
  stats(): KvIndexStats;
  /** What an index can hand to another process; undefined where it hands over nothing. */
  readonly snapshots?: IndexSnapshots;
}

export interface IndexSnapshots {
  /** Undefined when nothing is known of the worker. */
  take(worker: string): WorkerBlocks | undefined;
  /** Beliefs of a process before this one: they age as of a stream that was lost, until the worker's events come. */
  restore(worker: string, blocks: WorkerBlocks, nowMs: number): void;
}

export interface KvIndexStats {
  /** Distinct blocks held by anyone. */
  readonly blocks: number;
  /** Σ over workers. */
  readonly entries: number;
  readonly byWorker: Readonly<Record<string, number>>;
  readonly bytes: number;
  readonly evictions: number;
  /** Events that named an unknown parent or block. */
  readonly orphans: number;
  /** Events that were left out: another cache group, a token list of the wrong length, an unknown kind. */
  readonly ignored: number;
  /** Block size in use; undefined before the first event or prediction. */
  readonly blockSize: number | undefined;
  /** Alarm: workers whose blocks have another size; their entries are not used. */
  readonly blockSizeMismatches: Readonly<Record<string, number>>;
}
