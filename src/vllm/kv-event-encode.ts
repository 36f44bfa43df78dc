// Writes KV-event payloads byte for byte as vLLM does (msgspec: smallest integer form, fields in declaration order).
import { encode } from "@msgpack/msgpack";
import type { BlockRemoved, BlockStored, EngineHash, KvEvent, KvEventBatch } from "./kv-event.ts";

/**
 * `map` is vLLM since 0.24; an array layout is named by the release that added its last field:
 * `0.11` ends with medium, `0.14` with lora_name, `0.18` with extra_keys, `0.20` with group_idx, `0.22` with kv_cache_spec_*.
 */
export type KvEventEncoding = "map" | "array-0.11" | "array-0.14" | "array-0.18" | "array-0.20" | "array-0.22";

export function encodeKvEventBatch(batch: KvEventBatch, encoding: KvEventEncoding): Buffer {
  const head = Buffer.alloc(10);
  head[0] = 0x93;
  // The timestamp is a float also when it has no fraction, which a generic encoder would write as an integer.
  head[1] = 0xcb;
  head.writeDoubleBE(batch.timestamp, 2);
  const events = batch.events.map((event) => (encoding === "map" ? mapOf(event) : arrayOf(event, encoding)));
  return Buffer.concat([head, encode(events, { useBigInt64: true }), encode(batch.dataParallelRank)]);
}

function mapOf(event: KvEvent): Record<string, unknown> {
  if (event.kind === "stored") return storedMap(event);
  if (event.kind === "removed")
    return {
      type: "BlockRemoved",
      block_hashes: event.hashes.map(wireHash),
      medium: event.medium,
      ...set("group_idx", event.groupIndex),
    };
  return { type: event.kind === "cleared" ? "AllBlocksCleared" : event.type };
}

function storedMap(event: BlockStored): Record<string, unknown> {
  return {
    type: "BlockStored",
    block_hashes: event.hashes.map(wireHash),
    parent_block_hash: event.parent === null ? null : wireHash(event.parent),
    token_ids: event.tokenIds,
    block_size: event.blockSize,
    lora_id: null,
    medium: event.medium,
    lora_name: event.loraName,
    ...set("extra_keys", event.extraKeys),
    ...set("group_idx", event.groupIndex),
    ...set("kv_cache_spec_kind", event.specKind ?? null),
  };
}

/** vLLM leaves out fields that have their default. */
function set(name: string, value: unknown): Record<string, unknown> {
  return value === null ? {} : { [name]: value };
}

const STORED_LENGTH = {
  "array-0.11": 7,
  "array-0.14": 8,
  "array-0.18": 9,
  "array-0.20": 10,
  "array-0.22": 12,
} as const;

function arrayOf(event: KvEvent, encoding: Exclude<KvEventEncoding, "map">): unknown[] {
  if (event.kind === "stored") return storedArray(event).slice(0, STORED_LENGTH[encoding]);
  if (event.kind === "removed") return removedArray(event).slice(0, STORED_LENGTH[encoding] < 10 ? 3 : 4);
  return [event.kind === "cleared" ? "AllBlocksCleared" : event.type];
}

function storedArray(event: BlockStored): unknown[] {
  const parent = event.parent === null ? null : wireHash(event.parent);
  const head = ["BlockStored", event.hashes.map(wireHash), parent, event.tokenIds, event.blockSize, null, event.medium];
  return [...head, event.loraName, event.extraKeys, event.groupIndex, event.specKind ?? null, null];
}

function removedArray(event: BlockRemoved): unknown[] {
  return ["BlockRemoved", event.hashes.map(wireHash), event.medium, event.groupIndex];
}

/** A number that is small enough takes the short forms, as msgspec writes it; a bigint would always take nine bytes. */
function wireHash(hash: EngineHash): bigint | number | Buffer {
  if (typeof hash === "string") return Buffer.from(hash, "hex");
  return hash <= 0xffff_ffffn ? Number(hash) : hash;
}
