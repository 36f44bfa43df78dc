// The payload of a KV-event message: msgpack in the array layout of vLLM through 0.23 and the map layout after.
import { decode } from "@msgpack/msgpack";
import { SwitchgearError } from "../core/index.ts";
import type { BlockRemoved, BlockStored, EngineHash, KvEvent, KvEventBatch } from "./kv-event.ts";

export { encodeKvEventBatch, type KvEventEncoding } from "./kv-event-encode.ts";

/** Throws SWG_KV_EVENT_INVALID. Unknown events and fields are tolerated; what the contract does not hold is dropped. */
export function decodeKvEventBatch(payload: Uint8Array): KvEventBatch {
  const batch = unpack(payload);
  if (!Array.isArray(batch)) throw invalid("a batch is not an array", batch);
  const [timestamp, events, rank] = batch as unknown[];
  if (typeof timestamp !== "number" && typeof timestamp !== "bigint")
    throw invalid("a batch has no timestamp", timestamp);
  if (!Array.isArray(events)) throw invalid("a batch has no list of events", events);
  return { timestamp: Number(timestamp), events: events.map(eventOf), dataParallelRank: integerOrNull(rank) };
}

/** Lengths in the headers are the sender's claim; nothing in the payload can be longer than the payload. */
function unpack(payload: Uint8Array): unknown {
  const limit = payload.length;
  try {
    return decode(payload, {
      useBigInt64: true,
      maxStrLength: limit,
      maxBinLength: limit,
      maxArrayLength: limit,
      maxMapLength: limit,
      maxExtLength: limit,
    });
  } catch (cause) {
    throw new SwitchgearError("SWG_KV_EVENT_INVALID", "a KV event payload is not msgpack", {
      expected: "a msgpack array",
      cause,
    });
  }
}

/** Positions after the tag, in the order in which releases added them (vllm.md §4.3). */
const STORED_FIELDS = [
  "block_hashes",
  "parent_block_hash",
  "token_ids",
  "block_size",
  "lora_id",
  "medium",
  "lora_name",
  "extra_keys",
  "group_idx",
  "kv_cache_spec_kind",
];
const REMOVED_FIELDS = ["block_hashes", "medium", "group_idx"];

type Field = (name: string) => unknown;

function eventOf(event: unknown): KvEvent {
  const [type, field] = Array.isArray(event) ? arrayFields(event) : mapFields(event);
  if (type === "BlockStored") return storedOf(field);
  if (type === "BlockRemoved") return removedOf(field);
  return type === "AllBlocksCleared" ? { kind: "cleared" } : { kind: "unknown", type };
}

function arrayFields(event: readonly unknown[]): [string, Field] {
  const type = typeName(event[0]);
  const names = type === "BlockStored" ? STORED_FIELDS : REMOVED_FIELDS;
  return [type, (name) => event[names.indexOf(name) + 1]];
}

function mapFields(event: unknown): [string, Field] {
  if (typeof event !== "object" || event === null) throw invalid("an event is neither a map nor an array", event);
  const fields = event as Record<string, unknown>;
  return [typeName(fields["type"]), (name) => (Object.hasOwn(fields, name) ? fields[name] : undefined)];
}

function typeName(value: unknown): string {
  if (typeof value !== "string") throw invalid("an event has no type", value);
  return value;
}

function storedOf(field: Field): BlockStored {
  const parent = field("parent_block_hash");
  return {
    kind: "stored",
    hashes: hashesOf(field("block_hashes")),
    parent: parent === null || parent === undefined ? null : hashOf(parent),
    tokenIds: tokenIdsOf(field("token_ids")),
    blockSize: blockSizeOf(field("block_size")),
    medium: textOrNull(field("medium")),
    loraName: textOrNull(field("lora_name")),
    extraKeys: extraKeysOf(field("extra_keys")),
    groupIndex: integerOrNull(field("group_idx")),
    specKind: textOrNull(field("kv_cache_spec_kind")),
  };
}

function removedOf(field: Field): BlockRemoved {
  return {
    kind: "removed",
    hashes: hashesOf(field("block_hashes")),
    medium: textOrNull(field("medium")),
    groupIndex: integerOrNull(field("group_idx")),
  };
}

function hashesOf(value: unknown): EngineHash[] {
  if (!Array.isArray(value)) throw invalid("an event has no list of block hashes", value);
  return value.map(hashOf);
}

/** Some publishers send the 64 bits as a signed integer: the same hash all the same. */
function hashOf(value: unknown): EngineHash {
  if (typeof value === "bigint") return BigInt.asUintN(64, value);
  if (typeof value === "number" && Number.isInteger(value)) return BigInt.asUintN(64, BigInt(value));
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("hex");
  throw invalid("a block hash is neither an integer nor bytes", value);
}

function tokenIdsOf(value: unknown): number[] {
  if (!Array.isArray(value) || !value.every((id) => typeof id === "number" && Number.isInteger(id)))
    throw invalid("token_ids is not a list of integers", value);
  return value as number[];
}

function blockSizeOf(value: unknown): number {
  if (typeof value !== "number" || !Number.isInteger(value) || value < 1)
    throw invalid("block_size is not a positive integer", value);
  return value;
}

function extraKeysOf(value: unknown): (unknown[] | null)[] | null {
  return Array.isArray(value) ? value.map((one) => (Array.isArray(one) ? (one as unknown[]) : null)) : null;
}

function textOrNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function integerOrNull(value: unknown): number | null {
  return typeof value === "number" && Number.isInteger(value) ? value : null;
}

function invalid(message: string, value: unknown): SwitchgearError {
  return new SwitchgearError("SWG_KV_EVENT_INVALID", message, {
    value: typeof value,
    expected: "a KV event batch of vLLM",
  });
}
