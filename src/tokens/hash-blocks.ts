// Hashes a token sequence block by block, each hash chained to the one before, in 64 bits without BigInt.
import type { BlockHashes, HashSeed } from "./block-hashes.ts";

/** A chain's state and value: low and high 32 bits. Never (0, 0), so that a table may use zero for an empty place. */
export type HashPair = Int32Array;

/** The chain's start for one model, LoRA and salt: the parent of every first block. */
export function seedPair(seed: HashSeed): HashPair {
  const pair = new Int32Array(2);
  hashText(pair, seed.model);
  hashText(pair, seed.lora);
  hashText(pair, seed.salt);
  return pair;
}

/**
 * Replaces the parent's hash in `pair` by the hash of its child block `ids[start…end)`.
 * Two murmur3-style 32-bit lanes that feed each other (MurmurHash3_x86_128's step); not a defence against an adversary.
 */
export function chainHash(pair: HashPair, ids: ArrayLike<number>, start: number, end: number): void {
  let low = pair[0] ?? 0;
  let high = pair[1] ?? 0;
  for (let i = start; i < end; i++) {
    const id = ids[i] ?? 0;
    let a = Math.imul(id, 0x239b961b);
    a = Math.imul((a << 15) | (a >>> 17), 0x38b34ae5);
    low ^= a;
    low = (Math.imul(((low << 13) | (low >>> 19)) + high, 5) + 0x561ccd1b) | 0;
    let b = Math.imul(id, 0x2127599b);
    b = Math.imul((b << 16) | (b >>> 16), 0x85ebca6b);
    high ^= b;
    high = (Math.imul(((high << 17) | (high >>> 15)) + low, 5) + 0x0bcaa747) | 0;
  }
  low ^= end - start;
  low = (low + high) | 0;
  high = (high + low) | 0;
  low = finish(low);
  high = finish(high);
  low = (low + high) | 0;
  high = (high + low) | 0;
  pair[0] = (low | high) === 0 ? 1 : low;
  pair[1] = high;
}

/** Hashes all full blocks of `ids`; writes into `into` when it is large enough. */
export function hashBlocks(ids: ArrayLike<number>, blockSize: number, seed: HashSeed, into?: Int32Array): BlockHashes {
  const count = Math.floor(ids.length / blockSize);
  const words = into !== undefined && into.length >= 2 * count ? into : new Int32Array(2 * count);
  const pair = seedPair(seed);
  writeChain(pair, ids, { blockSize, from: 0, to: count, words });
  return { count, blockSize, words };
}

/**
 * The hashes of a sequence that grew: `ids` is the whole sequence, `previous` the hashes of its beginning (same seed).
 * Only new blocks are hashed; `previous` stays valid and may share its words with the result.
 */
export function extendBlocks(previous: BlockHashes, ids: ArrayLike<number>, seed: HashSeed): BlockHashes {
  const { blockSize } = previous;
  const count = Math.floor(ids.length / blockSize);
  if (count <= previous.count) return previous;
  const words = room(previous, count);
  const last = 2 * previous.count;
  const pair = previous.count === 0 ? seedPair(seed) : words.slice(last - 2, last);
  writeChain(pair, ids, { blockSize, from: previous.count, to: count, words });
  return { count, blockSize, words };
}

interface ChainRange {
  readonly blockSize: number;
  /** In blocks. */
  readonly from: number;
  readonly to: number;
  readonly words: Int32Array;
}

function writeChain(pair: HashPair, ids: ArrayLike<number>, { blockSize, from, to, words }: ChainRange): void {
  // One array kind for the inner loop: it runs four times slower when it sees both.
  const typed = ids instanceof Int32Array ? ids : Int32Array.from(ids);
  for (let block = from; block < to; block++) {
    chainHash(pair, typed, block * blockSize, (block + 1) * blockSize);
    words[2 * block] = pair[0] ?? 0;
    words[2 * block + 1] = pair[1] ?? 0;
  }
}

/** Doubles, so that growing by one block at a time stays linear. */
function room(previous: BlockHashes, count: number): Int32Array {
  if (previous.words.length >= 2 * count) return previous.words;
  const words = new Int32Array(4 * count);
  words.set(previous.words.subarray(0, 2 * previous.count));
  return words;
}

/** A length before each text keeps ("ab", "c") and ("a", "bc") apart, −1 an absent text and an empty one. */
function hashText(pair: HashPair, text: string | undefined): void {
  const units = new Int32Array(1 + (text?.length ?? 0));
  units[0] = text?.length ?? -1;
  for (let i = 1; i < units.length; i++) units[i] = text?.charCodeAt(i - 1) ?? 0;
  chainHash(pair, units, 0, units.length);
}

function finish(word: number): number {
  let mixed = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
