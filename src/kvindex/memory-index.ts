// The index in this process's memory: exact from events, predicted without, under a hard cap.
import type { HashSeed } from "../tokens/index.ts";
import type { BlockRemoved, BlockStored, KvEvent } from "../vllm/index.ts";
import { beliefWalk } from "./belief-walk.ts";
import { blockSize, isMismatch, type SeenSizes } from "./block-size.ts";
import { blockStore } from "./block-store.ts";
import { HIGH, LOW, STRIDE } from "./block-table.ts";
import { engineKey } from "./engine-key.ts";
import type { Holder } from "./holder.ts";
import type { ChainPart, KvIndex, KvIndexStats } from "./kv-index.ts";
import { overlapWalk } from "./overlap.ts";
import { chainStored, firstParent } from "./stored-chain.ts";
import { walkedChain } from "./walked-chain.ts";
import { indexSnapshots } from "./worker-blocks.ts";
import { isConfirmedGone, nextDeadline, streamAt, type WorkerStream, workerStream } from "./worker-stream.ts";

export interface MemoryIndexOptions {
  /** Tokens a block; taken from the first event or prediction when left out. */
  readonly blockSize?: number;
  readonly maxBytes: number;
  /** How long a prediction is believed, and how long entries outlive a stream that fell silent or broke off. */
  readonly ttlSeconds: number;
  /** A belief younger than this is not renewed, so it may end that much early; an eighth of `ttlSeconds` by default. */
  readonly renewAfterMs?: number;
  /** How soon a live stream must confirm what was sent to its worker. */
  readonly confirmWithinMs?: number;
  /** The seed with which the gateway hashes prompts for this worker, without LoRA and salt. */
  readonly seedOf: (worker: string) => HashSeed;
}

interface WorkerEntry {
  readonly media: Map<string, Holder>;
  /** The GPU's of `media`, which every look-up asks for. */
  gpu: Holder | undefined;
  readonly stream: WorkerStream;
  readonly sizes: SeenSizes;
}

/** Long enough for a prompt that waits in a full engine. */
const CONFIRM_WITHIN_MS = 30_000;
/** Old vLLM versions name no medium. */
const GPU = "GPU";

export function memoryIndex(options: MemoryIndexOptions): KvIndex {
  const { maxBytes, ttlSeconds, confirmWithinMs = CONFIRM_WITHIN_MS, seedOf } = options;
  const ttlMs = 1000 * ttlSeconds;
  const renewMs = options.renewAfterMs ?? ttlMs / 8;
  const limits = { ttlMs, confirmWithinMs };
  const store = blockStore(maxBytes);
  const walked = walkedChain(store.table);
  const walk = overlapWalk(store, walked);
  const believeChain = beliefWalk(store, walked);
  const entries = new Map<string, WorkerEntry>();
  const key = new Int32Array(2);
  const pair = new Int32Array(2);
  const size = blockSize(options.blockSize);
  let orphans = 0;
  let ignored = 0;
  /** No later than the first time at which something expires. */
  let deadline = Number.POSITIVE_INFINITY;
  let numbers = new Int32Array(64);
  let lengths = new Int32Array(64);

  function entryOf(worker: string): WorkerEntry {
    let entry = entries.get(worker);
    if (entry === undefined) {
      entry = {
        media: new Map(),
        gpu: undefined,
        stream: workerStream(),
        sizes: { sent: undefined, asked: undefined },
      };
      entries.set(worker, entry);
    }
    return entry;
  }

  function holderOf(entry: WorkerEntry, medium: string): Holder {
    let holder = entry.media.get(medium);
    if (holder === undefined) {
      holder = store.holders.add();
      entry.media.set(medium, holder);
      if (medium === GPU) entry.gpu = holder;
    }
    return holder;
  }

  /** False when the blocks have another size than the index's; what the worker held is given up then. */
  function fits(entry: WorkerEntry, event: BlockStored, isWhole: boolean): boolean {
    if (isWhole && size.adopt(event.blockSize)) for (const one of entries.values()) clear(one);
    if (event.blockSize !== size.tokens && entry.sizes.sent !== event.blockSize) clear(entry);
    entry.sizes.sent = event.blockSize;
    return event.blockSize === size.tokens;
  }

  /** Puts our hash of the event's parent into `pair`; the parent may lie in another medium. */
  function findParent(worker: string, entry: WorkerEntry, event: BlockStored): boolean {
    if (event.parent === null) {
      pair.set(firstParent(seedOf(worker), event));
      return true;
    }
    engineKey(event.parent, key);
    for (const holder of entry.media.values()) {
      const block = store.blockOf(holder, key);
      if (block === 0) continue;
      pair[0] = store.table.records[block * STRIDE + LOW] ?? 0;
      pair[1] = store.table.records[block * STRIDE + HIGH] ?? 0;
      return true;
    }
    return false;
  }

  function stored(worker: string, entry: WorkerEntry, event: BlockStored): void {
    const isWhole = event.tokenIds.length === event.hashes.length * event.blockSize;
    if (!fits(entry, event, isWhole) || !isWhole) ignored++;
    else if (!findParent(worker, entry, event)) orphans++;
    else {
      const holder = holderOf(entry, event.medium ?? GPU);
      const tokenIds = Int32Array.from(event.tokenIds);
      for (const [i, hash] of event.hashes.entries()) {
        chainStored(pair, event, tokenIds, i);
        engineKey(hash, key);
        store.confirm(holder, key, pair);
      }
    }
  }

  function removed(entry: WorkerEntry, event: BlockRemoved): void {
    const holder = entry.media.get(event.medium ?? GPU);
    for (const hash of event.hashes) {
      engineKey(hash, key);
      if (holder === undefined || !store.release(holder, key)) orphans++;
    }
  }

  function clear(entry: WorkerEntry): void {
    for (const holder of entry.media.values()) store.remove(holder);
    entry.media.clear();
    entry.gpu = undefined;
  }
  function applyOne(worker: string, entry: WorkerEntry, event: KvEvent): void {
    if (event.kind === "unknown") ignored++;
    else if (event.kind === "cleared") clear(entry);
    // Further groups hold other layers of the same tokens (hybrid models).
    else if ((event.groupIndex ?? 0) > 0) ignored++;
    else if (event.kind === "stored") stored(worker, entry, event);
    else removed(entry, event);
  }

  function sweep(nowMs: number): void {
    deadline = Number.POSITIVE_INFINITY;
    for (const entry of entries.values()) {
      const isGone = isConfirmedGone(entry.stream, nowMs, limits);
      for (const holder of entry.media.values()) {
        store.expire(holder, nowMs);
        if (isGone) store.forgetConfirmed(holder);
        deadline = Math.min(deadline, holder.predicted.oldestUntil());
      }
      if (isGone) entry.stream.isForgotten = true;
      deadline = Math.min(deadline, nextDeadline(entry.stream, limits));
    }
  }
  function believe(entry: WorkerEntry, hashes: ChainPart, nowMs: number): void {
    const holder = entry.gpu ?? holderOf(entry, GPU);
    const isLive = streamAt(entry.stream, nowMs, limits) === "live";
    const untilMs = nowMs + (isLive ? Math.min(confirmWithinMs, ttlMs) : ttlMs);
    const news = believeChain(holder, hashes, { untilMs, lane: isLive ? 1 : 0, isLive, renewMs });
    if (isLive && news > 0) entry.stream.expectedSince ??= nowMs;
    deadline = Math.min(deadline, untilMs, nextDeadline(entry.stream, limits));
  }
  function gpuOf(worker: string): Holder | undefined {
    return entries.get(worker)?.gpu;
  }
  function restored(worker: string, isConfirmed: boolean, nowMs: number): Holder {
    const entry = entryOf(worker);
    if (isConfirmed && entry.stream.state === "none") entry.stream.set("lost", nowMs);
    deadline = Math.min(deadline, nowMs + ttlMs);
    return entry.gpu ?? holderOf(entry, GPU);
  }
  function gpuNumber(worker: string): number {
    return entries.get(worker)?.gpu?.number ?? -1;
  }
  function heldBlocks(worker: string): number {
    return entries.get(worker)?.gpu?.entries ?? 0;
  }

  return {
    apply(worker, batch) {
      const entry = entryOf(worker);
      entry.stream.seen();
      store.tick();
      for (const event of batch.events) applyOne(worker, entry, event);
    },
    predict(worker, hashes, nowMs) {
      const entry = entryOf(worker);
      size.suggest(hashes.blockSize);
      entry.sizes.asked = hashes.blockSize;
      if (hashes.blockSize === size.tokens && !isMismatch(entry.sizes, size)) believe(entry, hashes, nowMs);
    },
    overlap(hashes, workers, nowMs) {
      if (nowMs >= deadline) sweep(nowMs);
      if (numbers.length < workers.length) {
        numbers = new Int32Array(2 * workers.length);
        lengths = new Int32Array(2 * workers.length);
      }
      for (let i = 0; i < workers.length; i++) numbers[i] = gpuNumber(workers[i] ?? "");
      walk(hashes, numbers, workers.length, lengths);
      return lengths.subarray(0, workers.length);
    },
    drop(worker) {
      const entry = entries.get(worker);
      if (entry === undefined) return;
      clear(entry);
      entry.sizes.sent = undefined;
      if (entry.stream.state === "none") entries.delete(worker);
    },
    sweep,
    setStream(worker, stream, nowMs) {
      const entry = entryOf(worker);
      entry.stream.set(stream, nowMs);
      deadline = Math.min(deadline, nextDeadline(entry.stream, limits));
    },
    streamOf(worker, nowMs) {
      const entry = entries.get(worker);
      return entry === undefined ? "none" : streamAt(entry.stream, nowMs, limits);
    },
    heldBlocks,
    stats: () => stats(),
    snapshots: indexSnapshots({ store, size, ttlMs, gpuOf, restored }),
  };

  function stats(): KvIndexStats {
    const workers = [...entries.keys()];
    const mismatches = [...entries].filter(([, entry]) => isMismatch(entry.sizes, size));
    return {
      blocks: store.table.blocks,
      entries: store.holders.all.reduce((sum, holder) => sum + (holder?.entries ?? 0), 0),
      byWorker: Object.fromEntries(workers.map((worker) => [worker, heldBlocks(worker)])),
      bytes: store.bytes,
      evictions: store.evictions,
      orphans,
      ignored,
      blockSize: size.tokens,
      blockSizeMismatches: Object.fromEntries(mismatches.map(([worker, { sizes }]) => [worker, sizes.sent ?? 0])),
    };
  }
}
