// Gives blocks to sequences: prefix-cache lookup, allocation, registration of full blocks, release.
import type { KvEvent } from "../../vllm/index.ts";
import { chainHash, seedPair } from "../../tokens/offline.ts";
import { blockPool } from "./block-pool.ts";
import { kvEventLog } from "./kv-event-log.ts";
import type { SequenceState } from "./sequence-state.ts";

export interface BlockManagerOptions {
  readonly blockSize: number;
  /** As vLLM's num_gpu_blocks, the null block included. */
  readonly kvBlocks: number;
  readonly prefixCaching: boolean;
  readonly events: boolean;
  /** Engines of different seed hash equal content differently. */
  readonly hashSeed: string;
}

export interface BlockManager {
  readonly total: number;
  readonly free: number;
  readonly cached: number;
  /** Blocks that hold `tokens`. */
  blocksFor(tokens: number): number;
  /** Finds the cached prefix of a sequence without blocks, in tokens; at least one token is left to compute. Valid until the next call. */
  lookup(sequence: SequenceState): number;
  /** Takes over what `lookup` found and allocates for `tokens` more; false, and nothing changed, when blocks are short. */
  admit(sequence: SequenceState, tokens: number, reserveTokens: number): boolean;
  /** Takes over what `lookup` found and allocates up to `tokens` in all, without content yet; false as `admit`. */
  reserve(sequence: SequenceState, tokens: number): boolean;
  /** Allocates for `tokens` more after the computed ones; false, and nothing changed, when blocks are short. */
  extend(sequence: SequenceState, tokens: number): boolean;
  /** Takes all blocks back; their content stays cached until they are reused, tails first. */
  release(sequence: SequenceState): void;
  reset(): boolean;
  takeEvents(): readonly KvEvent[];
}

export function blockManager(options: BlockManagerOptions): BlockManager {
  const { blockSize, prefixCaching } = options;
  const log = options.events ? kvEventLog(blockSize) : undefined;
  const pool = blockPool(options.kvBlocks, (low, high) => log?.removed(low, high));
  const scratch = new Int32Array(blockSize);
  const pair = new Int32Array(2);
  let hits = new Int32Array(64);
  let hitCount = 0;
  let freeHits = 0;

  const blocksFor = (tokens: number): number => Math.ceil(tokens / blockSize);

  /** Hashes full blocks up to `count`; those with output tokens go through the scratch block. */
  function hashUpTo(sequence: SequenceState, count: number): void {
    if (sequence.hashCount >= count) return;
    const { promptIds } = sequence.request;
    startPair(sequence);
    for (let block = sequence.hashCount; block < count; block++) {
      const start = block * blockSize;
      if (start + blockSize <= promptIds.length) {
        chainHash(pair, promptIds, start, start + blockSize);
      } else {
        sequence.copyTokens(start, scratch);
        chainHash(pair, scratch, 0, blockSize);
      }
      sequence.appendHash(pair[0] ?? 0, pair[1] ?? 0);
    }
  }

  /** Sets `pair` to the hash of the sequence's last hashed block. */
  function startPair({ request, hashes, hashCount }: SequenceState): void {
    if (hashCount === 0) {
      const { lora, loraPath } = request;
      const adapter = loraPath === undefined ? lora : JSON.stringify([lora, loraPath]);
      pair.set(seedPair({ model: options.hashSeed, lora: adapter, salt: request.cacheSalt }));
    } else {
      pair[0] = hashes[2 * hashCount - 2] ?? 0;
      pair[1] = hashes[2 * hashCount - 1] ?? 0;
    }
  }

  function lookup(sequence: SequenceState): number {
    hitCount = 0;
    freeHits = 0;
    if (!prefixCaching || sequence.request.skipCache === true) return 0;
    const most = Math.floor((sequence.tokens - 1) / blockSize);
    hashUpTo(sequence, most);
    if (hits.length < most) hits = new Int32Array(2 * most);
    for (; hitCount < most; hitCount++) {
      const block = pool.find(sequence.hashes[2 * hitCount] ?? 0, sequence.hashes[2 * hitCount + 1] ?? 0);
      if (block === 0) break;
      hits[hitCount] = block;
      if (pool.isFree(block)) freeHits++;
    }
    return hitCount * blockSize;
  }

  function admit(sequence: SequenceState, tokens: number, reserveTokens: number): boolean {
    const cached = hitCount * blockSize;
    return adopt(sequence, Math.max(reserveTokens, cached + tokens)) && extend(sequence, tokens);
  }

  /** What `lookup` found, if blocks for all `tokens` are there. */
  function adopt(sequence: SequenceState, tokens: number): boolean {
    if (blocksFor(tokens) - hitCount + freeHits > pool.free) return false;
    for (let i = 0; i < hitCount; i++) {
      const block = hits[i] ?? 0;
      pool.touch(block);
      sequence.appendBlock(block);
    }
    sequence.registered = hitCount;
    sequence.computed = hitCount * blockSize;
    return true;
  }

  function reserve(sequence: SequenceState, tokens: number): boolean {
    if (!adopt(sequence, tokens)) return false;
    for (let i = blocksFor(tokens) - sequence.blockCount; i > 0; i--) sequence.appendBlock(pool.take());
    return true;
  }

  function extend(sequence: SequenceState, tokens: number): boolean {
    const end = sequence.computed + tokens;
    const wanted = blocksFor(end) - sequence.blockCount;
    if (wanted > pool.free) return false;
    for (let i = 0; i < wanted; i++) sequence.appendBlock(pool.take());
    if (prefixCaching) registerFull(sequence, Math.floor(end / blockSize));
    return true;
  }

  /** At scheduling, before the content is computed, as vLLM: a request later in the same step can hit it. */
  function registerFull(sequence: SequenceState, full: number): void {
    const from = sequence.registered;
    if (full <= from) return;
    hashUpTo(sequence, full);
    const { blocks, hashes } = sequence;
    for (let i = from; i < full; i++) pool.register(blocks[i] ?? 0, hashes[2 * i] ?? 0, hashes[2 * i + 1] ?? 0);
    sequence.registered = full;
    log?.stored(sequence, from, full);
  }

  return {
    total: pool.total,
    get free() {
      return pool.free;
    },
    get cached() {
      return pool.cached;
    },
    blocksFor,
    lookup,
    admit,
    reserve,
    extend,
    release(sequence) {
      for (let i = sequence.blockCount - 1; i >= 0; i--) pool.release(sequence.blocks[i] ?? 0);
      sequence.blockCount = 0;
      sequence.computed = 0;
      sequence.registered = 0;
    },
    reset() {
      if (!pool.reset()) return false;
      log?.cleared();
      return true;
    },
    takeEvents: () => log?.take() ?? [],
  };
}
