// Payloads of every layout decode to the contract, and what is encoded is byte for byte what vLLM sends.
import assert from "node:assert/strict";
import { test } from "node:test";
import { encode } from "@msgpack/msgpack";
import * as fc from "fast-check";
import { SwitchgearError } from "../../src/core/index.ts";
import {
  decodeKvEventBatch,
  encodeKvEventBatch,
  type EngineHash,
  type KvEvent,
  type KvEventBatch,
  type KvEventEncoding,
  kvEventFrames,
  parseKvEventFrames,
  parseReplayRequest,
  REPLAY_END,
  replayEnd,
  replayReply,
  replayRequest,
} from "../../src/vllm/index.ts";
import { fixture, fixtureNames, noFixtures } from "./fixtures.ts";

const STORED: KvEvent = {
  kind: "stored",
  hashes: [14216751926326616339n, 7n],
  parent: null,
  tokenIds: [1, 200, 70_000, 151_935],
  blockSize: 2,
  medium: "GPU",
  loraName: null,
  extraKeys: [["salt"], null],
  groupIndex: 0,
  specKind: "full_attention",
};
const BATCH: KvEventBatch = {
  timestamp: 1795422829,
  events: [STORED, { kind: "removed", hashes: [2n ** 64n - 1n], medium: "GPU", groupIndex: 0 }, { kind: "cleared" }],
  dataParallelRank: 0,
};

test("what is encoded as a map is decoded to the same batch", () => {
  assert.deepEqual(decodeKvEventBatch(encodeKvEventBatch(BATCH, "map")), BATCH);
});

test("32-byte hashes are hex", () => {
  const hash = "ab".repeat(32);
  const events: KvEvent[] = [{ kind: "removed", hashes: [hash], medium: null, groupIndex: null }];
  assert.deepEqual(decodeKvEventBatch(encodeKvEventBatch({ ...BATCH, events }, "map")).events, events);
});

test("each older layout drops the fields it did not have", () => {
  const dropped: [KvEventEncoding, Partial<KvEvent>][] = [
    ["array-0.22", {}],
    ["array-0.20", { specKind: null }],
    ["array-0.18", { specKind: null, groupIndex: null }],
    ["array-0.14", { specKind: null, groupIndex: null, extraKeys: null }],
    ["array-0.11", { specKind: null, groupIndex: null, extraKeys: null, loraName: null }],
  ];
  for (const [encoding, change] of dropped) {
    const stored = { ...STORED, loraName: "lora" } as KvEvent;
    const [decoded] = decodeKvEventBatch(encodeKvEventBatch({ ...BATCH, events: [stored] }, encoding)).events;
    assert.deepEqual(decoded, { ...stored, ...change }, encoding);
  }
});

test("a signed hash is the same 64 bits", () => {
  const payload = encode([1.5, [["BlockRemoved", [-1n, -5]]], null], { useBigInt64: true });
  assert.deepEqual(decodeKvEventBatch(payload), {
    timestamp: 1.5,
    events: [{ kind: "removed", hashes: [2n ** 64n - 1n, 2n ** 64n - 5n], medium: null, groupIndex: null }],
    dataParallelRank: null,
  });
});

test("unknown events and fields are tolerated", () => {
  const stored = {
    type: "BlockStored",
    block_hashes: [1],
    parent_block_hash: 2,
    token_ids: [3],
    block_size: 1,
    ownership: {},
    locality: "LOCAL",
  };
  const payload = encode([1.5, [{ type: "BlockMoved", to: "host" }, ["BlockTouched", 7], stored], 3, "more"]);
  const batch = decodeKvEventBatch(payload);
  assert.deepEqual(batch.events.slice(0, 2), [
    { kind: "unknown", type: "BlockMoved" },
    { kind: "unknown", type: "BlockTouched" },
  ]);
  assert.deepEqual(batch.events[2], {
    kind: "stored",
    hashes: [1n],
    parent: 2n,
    tokenIds: [3],
    blockSize: 1,
    medium: null,
    loraName: null,
    extraKeys: null,
    groupIndex: null,
    specKind: null,
  });
  assert.equal(batch.dataParallelRank, 3);
});

test("a batch without a rank, as old releases send it, has none", () => {
  assert.equal(decodeKvEventBatch(encode([1.5, []])).dataParallelRank, null);
});

const garbage: [string, Uint8Array][] = [
  ["nothing", new Uint8Array()],
  ["text", Buffer.from("hello")],
  ["a map", encode({ a: 1 })],
  ["no timestamp", encode(["x", []])],
  ["no events", encode([1.5, 7])],
  ["an event that is a number", encode([1.5, [7]])],
  ["an event without a type", encode([1.5, [{ block_hashes: [] }]])],
  ["a hash that is a string", encode([1.5, [["BlockRemoved", ["x"]]]])],
  ["token ids that are strings", encode([1.5, [["BlockStored", [1], null, ["x"], 1]]])],
  ["a block size of zero", encode([1.5, [["BlockStored", [1], null, [1], 0]]])],
  ["an array that claims 4 billion entries", Buffer.from("ddffffffff", "hex")],
  ["a payload cut short", encodeKvEventBatch(BATCH, "map").subarray(0, 60)],
];
for (const [name, payload] of garbage) {
  test(`${name} is the typed error`, () => {
    assert.throws(() => decodeKvEventBatch(payload), { code: "SWG_KV_EVENT_INVALID" });
  });
}

test("any bytes, and any damage to a good payload, give a batch or the typed error", () => {
  const good = encodeKvEventBatch(BATCH, "map");
  const damaged = fc.tuple(fc.nat({ max: good.length - 1 }), fc.nat({ max: 255 })).map(([at, byte]) => {
    const copy = Buffer.from(good);
    copy[at] = byte;
    return copy;
  });
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 60 }), damaged), (payload) => {
      try {
        decodeKvEventBatch(payload);
      } catch (thrown) {
        assert.ok(thrown instanceof SwitchgearError && thrown.code === "SWG_KV_EVENT_INVALID", String(thrown));
      }
    }),
    { numRuns: 2000 },
  );
});

const hash: fc.Arbitrary<EngineHash> = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString("hex")),
);
const text = fc.option(fc.string({ maxLength: 40 }), { nil: null });
/** Records of fast-check have no prototype by default, which strict equality would notice. */
const PLAIN = { noNullPrototype: true } as const;
const group = fc.option(fc.nat({ max: 9 }), { nil: null });
const stored = fc.record(
  {
    kind: fc.constant("stored" as const),
    hashes: fc.array(hash, { maxLength: 4 }),
    parent: fc.option(hash, { nil: null }),
    tokenIds: fc.array(fc.nat({ max: 300_000 }), { maxLength: 20 }),
    blockSize: fc.integer({ min: 1, max: 512 }),
    medium: text,
    loraName: text,
    extraKeys: fc.option(
      fc.array(fc.option(fc.array(fc.string(), { maxLength: 2 }), { nil: null }), { maxLength: 3 }),
      { nil: null },
    ),
    groupIndex: group,
    specKind: text,
  },
  PLAIN,
);
const removed = fc.record(
  { kind: fc.constant("removed" as const), hashes: fc.array(hash), medium: text, groupIndex: group },
  PLAIN,
);

test("every batch survives the map form and the newest array form", () => {
  const batch = fc.record(
    {
      timestamp: fc.double({ noNaN: true, min: 0 }),
      events: fc.array(fc.oneof(stored, removed, fc.constant<KvEvent>({ kind: "cleared" })), { maxLength: 5 }),
      dataParallelRank: fc.option(fc.nat({ max: 64 }), { nil: null }),
    },
    PLAIN,
  );
  fc.assert(
    fc.property(batch, fc.constantFrom<KvEventEncoding>("map", "array-0.22"), (one, encoding) => {
      assert.deepEqual(decodeKvEventBatch(encodeKvEventBatch(one, encoding)), one);
    }),
  );
});

interface Recorded {
  readonly decoded: [number, Record<string, unknown>[], number];
  readonly topic: string;
  readonly seq_frame_hex: string;
}

/** The recorder wrote 64-bit integers as JSON numbers, which JSON.parse would round. */
function recorded(path: string): Recorded {
  const json = fixture(path).toString();
  return JSON.parse(json.replace(/([[\s:])(\d{16,})(?=[,\]\s])/g, '$1"$2"')) as Recorded;
}

function wire(value: unknown): unknown {
  if (typeof value === "object" && value !== null) return (value as Record<string, unknown>)["__bytes_hex__"];
  return typeof value === "string" || typeof value === "number" ? BigInt(value) : value;
}

function asRecorded(event: KvEvent): unknown {
  if (event.kind === "stored")
    return [
      event.hashes,
      event.parent,
      event.tokenIds,
      event.blockSize,
      event.medium,
      event.extraKeys,
      event.groupIndex,
      event.specKind,
    ];
  return event.kind === "removed" ? [event.hashes, event.medium, event.groupIndex] : [];
}

function fieldsOf(event: Record<string, unknown>): unknown {
  const hashes = (event["block_hashes"] as unknown[] | undefined)?.map(wire);
  if (event["type"] === "BlockRemoved") return [hashes, event["medium"], event["group_idx"]];
  if (event["type"] !== "BlockStored") return [];
  const {
    token_ids: tokens,
    block_size: size,
    medium,
    extra_keys: keys,
    group_idx: group,
    kv_cache_spec_kind: kind,
  } = event;
  return [hashes, wire(event["parent_block_hash"]), tokens, size, medium, keys, group, kind];
}

test("recorded payloads decode to what the recorder saw, and encode to the same bytes", { skip: noFixtures }, () => {
  const names = fixtureNames("kvevents", ".payload.bin").filter((name) => !name.includes("synthetic"));
  assert.ok(names.length > 50);
  for (const name of names) {
    const payload = fixture(`kvevents/${name}`);
    const batch = decodeKvEventBatch(payload);
    const { decoded } = recorded(`kvevents/${name.replace(".payload.bin", ".json")}`);
    assert.equal(batch.timestamp, decoded[0], name);
    assert.equal(batch.dataParallelRank, decoded[2], name);
    assert.deepEqual(batch.events.map(asRecorded), decoded[1].map(fieldsOf), name);
    assert.deepEqual(encodeKvEventBatch(batch, "map"), payload, name);
  }
});

test("the array layouts of older releases decode and encode to the same bytes", { skip: noFixtures }, () => {
  const names = fixtureNames("kvevents/synthetic-old", ".payload.bin");
  assert.ok(names.length >= 5);
  for (const name of names) {
    const payload = fixture(`kvevents/synthetic-old/${name}`);
    const batch = decodeKvEventBatch(payload);
    assert.deepEqual(
      batch.events.map((event) => event.kind),
      ["stored", "removed", "cleared"],
      name,
    );
    const version = /^v(\d+\.\d+)/.exec(name)?.[1];
    assert.deepEqual(encodeKvEventBatch(batch, `array-${version}` as KvEventEncoding), payload, name);
  }
});

test("frames carry topic, sequence and payload", () => {
  const message = { topic: "kv-events", sequence: 258n, payload: Buffer.from([1, 2]) };
  const frames = kvEventFrames(message.topic, message.sequence, message.payload);
  assert.equal(frames[1].toString("hex"), "0000000000000102");
  assert.deepEqual(parseKvEventFrames(frames), message);
  assert.deepEqual(parseKvEventFrames(replayReply(message)), message);
  assert.deepEqual(parseKvEventFrames(kvEventFrames("", 1n, message.payload)), { ...message, topic: "", sequence: 1n });
  assert.deepEqual(
    parseKvEventFrames(["", ...kvEventFrames("", 1n, message.payload).slice(1)].map((frame) => Buffer.from(frame))),
    { ...message, topic: "", sequence: 1n },
  );
  assert.equal(parseKvEventFrames([Buffer.from("x")]), undefined);
  assert.equal(parseKvEventFrames([Buffer.from("t"), Buffer.from("short"), message.payload]), undefined);
});

test("a replay is asked for by number and ends with −1", () => {
  assert.equal(parseReplayRequest(replayRequest(17n)), 17n);
  assert.equal(parseReplayRequest([Buffer.from("x"), Buffer.alloc(8)]), undefined);
  assert.equal(parseKvEventFrames(replayEnd())?.sequence, REPLAY_END);
});
