// Index snapshots: what one index learned from events and beliefs another one takes over, or starts cold for what is damaged.
import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeSnapshot, encodeSnapshot } from "../../src/cluster/snapshots/snapshot-codec.ts";
import { decodeLoads, loadEncoder } from "../../src/cluster/members/load-delta.ts";
import { memoryIndex } from "../../src/kvindex/index.ts";
import { hashBlocks } from "../../src/tokens/index.ts";

const MODEL = { model: "m" };
const tokens = Int32Array.from({ length: 64 }, (_, i) => i);
const stored = {
  kind: "stored",
  hashes: [1n, 2n, 3n, 4n],
  parent: null,
  tokenIds: [...tokens],
  blockSize: 16,
} as const;

function index() {
  return memoryIndex({ maxBytes: 1 << 22, ttlSeconds: 60, seedOf: () => MODEL });
}

test("an index that was restored knows what the other did, follows its events, and forgets it without any", () => {
  const first = index();
  const hashes = hashBlocks(tokens, 16, MODEL);
  first.apply("w", { timestamp: 1, events: [{ ...stored, medium: "GPU" }] } as never, 0);
  const blocks = first.snapshots?.take("w");
  assert.ok(blocks);
  const pieces = encodeSnapshot({ worker: "w", blocks, position: { sequence: 3, timestamp: 1, live: 3 } });
  const copy = decodeSnapshot(pieces);
  assert.equal(copy?.position?.sequence, 3);
  const second = index();
  second.snapshots?.restore("w", copy?.blocks ?? blocks, 0);
  assert.deepEqual([...second.overlap(hashes, ["w"], 1)], [4]);
  second.apply("w", { timestamp: 2, events: [{ kind: "removed", hashes: [4n], medium: "GPU" }] } as never, 2);
  assert.deepEqual([...second.overlap(hashes, ["w"], 3)], [3]);
  const silent = index();
  silent.snapshots?.restore("w", blocks, 0);
  assert.deepEqual([...silent.overlap(hashes, ["w"], 61_000)], [0]);
});

test("a snapshot that is cut, or of another format, is none", () => {
  const blocks = { blockSize: 16, confirmed: new Int32Array(400_000), predicted: new Int32Array(2) };
  const pieces = encodeSnapshot({ worker: "w", blocks, position: undefined });
  assert.ok(pieces.length > 1);
  assert.equal(decodeSnapshot(pieces)?.blocks.confirmed.length, 400_000);
  assert.equal(decodeSnapshot(pieces.slice(1)), undefined);
  assert.equal(decodeSnapshot(pieces.slice(0, -1)), undefined);
  assert.equal(decodeSnapshot([Buffer.from('{"format":2}\n')]), undefined);
  assert.equal(decodeSnapshot([]), undefined);
});

test("base and delta give the whole, in whatever order they are seen, and a foreign delta nothing", () => {
  const encoder = loadEncoder();
  const rows = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`w${i}`, [i, 0]]));
  const first = encoder.next(rows);
  assert.deepEqual(decodeLoads(first?.base, first?.delta), rows);
  assert.equal(encoder.next(rows), undefined);
  const more = { ...rows, w3: [9, 9] };
  const second = encoder.next(more);
  assert.equal(second?.base, undefined);
  assert.ok((second?.delta?.length ?? 0) < (first?.base?.length ?? 0) / 2);
  assert.deepEqual(decodeLoads(first?.base, second?.delta), more);
  assert.deepEqual(decodeLoads(first?.base, `{"version":99,"rows":{"w3":[1]}}`), rows);
  assert.deepEqual(decodeLoads("damaged", undefined), {});
});
