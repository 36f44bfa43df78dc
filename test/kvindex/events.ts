// Events and prompts for tests of the index, in few words.
import { hashBlocks, type HashSeed } from "../../src/tokens/index.ts";
import type { BlockStored, EngineHash, KvEvent, KvEventBatch } from "../../src/vllm/index.ts";

export const SEED: HashSeed = { model: "m" };
export const BLOCK = 4;

/** `count` blocks of tokens that no other `start` shares. */
export function prompt(start: number, count: number): Int32Array {
  return Int32Array.from({ length: count * BLOCK }, (_, i) => 1000 * start + i);
}

export function hashesOf(ids: ArrayLike<number>, seed: HashSeed = SEED) {
  return hashBlocks(ids, BLOCK, seed);
}

/** Engine hashes of a prompt's blocks: `name` × 1000 + position. */
export function names(name: number, count: number, from = 0): bigint[] {
  return Array.from({ length: count }, (_, i) => BigInt(1000 * name + from + i + 1));
}

export function stored(
  hashes: readonly EngineHash[],
  tokenIds: ArrayLike<number>,
  change: Partial<BlockStored> = {},
): BlockStored {
  const plain = { medium: "GPU", loraName: null, extraKeys: null, groupIndex: null, parent: null, blockSize: BLOCK };
  return { kind: "stored", hashes, tokenIds: Array.from(tokenIds), ...plain, ...change };
}

export function removed(
  hashes: readonly EngineHash[],
  medium: string | null = "GPU",
  groupIndex: number | null = null,
): KvEvent {
  return { kind: "removed", hashes, medium, groupIndex };
}

export const cleared: KvEvent = { kind: "cleared" };

export function batch(...events: KvEvent[]): KvEventBatch {
  return { timestamp: 1, events, dataParallelRank: null };
}
