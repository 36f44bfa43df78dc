// Our own chained hashes of the blocks that an engine says it stored.
import { chainHash, type HashPair, type HashSeed, seedPair } from "../tokens/index.ts";
import type { BlockStored } from "../vllm/index.ts";

/** The parent of a first block: the worker's own seed with the event's LoRA name and cache salt. */
export function firstParent(seed: HashSeed, event: BlockStored): HashPair {
  const lora = event.loraName ?? seed.lora;
  const salt = saltOf(otherKeys(event, 0)) ?? seed.salt;
  return seedPair({ model: seed.model, lora, salt });
}

/**
 * Moves `pair` from block `index − 1` to block `index` of the event. What else made the engine's hash (an image, prompt
 * embeddings) goes into ours as text: such a block never equals one that holds plain tokens only.
 */
export function chainStored(pair: HashPair, event: BlockStored, tokenIds: Int32Array, index: number): void {
  const keys = event.extraKeys === null ? [] : otherKeys(event, index);
  const isSalted = index === 0 && event.parent === null && saltOf(keys) !== undefined;
  if (keys.length > 0 && !isSalted) foldText(pair, JSON.stringify(keys, bigintAsText));
  chainHash(pair, tokenIds, index * event.blockSize, (index + 1) * event.blockSize);
}

/** vLLM puts the LoRA name into every block's keys; it is part of the seed already. */
function otherKeys(event: BlockStored, index: number): readonly unknown[] {
  const keys = event.extraKeys?.[index] ?? [];
  if (event.loraName === null) return keys;
  return keys.filter((key) => key !== event.loraName && field(key, "name") !== event.loraName);
}

/** A salt stands alone, on a first block: as text, or (typed keys of newer versions) as `{salt}`. */
function saltOf(keys: readonly unknown[]): string | undefined {
  if (keys.length !== 1) return undefined;
  const salt = typeof keys[0] === "string" ? keys[0] : field(keys[0], "salt");
  return typeof salt === "string" ? salt : undefined;
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

function foldText(pair: HashPair, text: string): void {
  const units = Int32Array.from(text, (letter) => letter.codePointAt(0) ?? 0);
  chainHash(pair, units, 0, units.length);
}

function bigintAsText(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? value.toString() : value;
}
