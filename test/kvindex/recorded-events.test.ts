// The index fed with what a real vLLM 0.32 sent: nothing is left over, and what it held is found again by our own hashes.
import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { memoryIndex } from "../../src/kvindex/index.ts";
import { hashBlocks } from "../../src/tokens/index.ts";
import { type BlockStored, decodeKvEventBatch, type KvEventBatch } from "../../src/vllm/index.ts";

const FOLDER = new URL("../../../shared/data/vllm-fixtures/kvevents", import.meta.url).pathname;
const skip = existsSync(FOLDER) ? false : `${FOLDER} is absent`;

function recording(name: string): KvEventBatch[] {
  const files = globSync(`${FOLDER}/${name}/*.payload.bin`).sort();
  return files.map((file) => decodeKvEventBatch(readFileSync(file)));
}

const make = () => memoryIndex({ maxBytes: 16e6, ttlSeconds: 60, seedOf: () => ({ model: "m" }) });

function firstBlocks(batches: readonly KvEventBatch[]): BlockStored[] {
  return batches.flatMap(({ events }) =>
    events.filter((event) => event.kind === "stored" && event.parent === null),
  ) as BlockStored[];
}

test("store, extend, salt, clear with integer hashes", { skip }, () => {
  const index = make();
  const batches = recording("a");
  for (const [i, batch] of batches.entries()) {
    const [event] = batch.events;
    index.apply("w", batch, i);
    if (event?.kind === "cleared") assert.equal(index.stats().entries, 0);
    if (event?.kind !== "stored" || event.parent !== null) continue;
    const [salt] = event.extraKeys?.[0] ?? [];
    const seed = { model: "m", salt: typeof salt === "string" ? salt : undefined };
    const hashes = hashBlocks(event.tokenIds, event.blockSize, seed);
    assert.equal(index.overlap(hashes, ["w"], i)[0], event.hashes.length);
  }
  assert.deepEqual([index.stats().orphans, index.stats().ignored], [0, 0]);
  assert.ok(
    firstBlocks(batches).some(({ extraKeys }) => extraKeys?.[0] !== null),
    "a salted prompt is among them",
  );
});

test("evictions with byte hashes leave what the engine still holds", { skip }, () => {
  const index = make();
  const batches = recording("b");
  const held = new Set<string>();
  for (const [i, batch] of batches.entries()) {
    index.apply("w", batch, i);
    for (const event of batch.events) {
      if (event.kind === "stored") for (const hash of event.hashes) held.add(String(hash));
      if (event.kind === "removed") for (const hash of event.hashes) held.delete(String(hash));
    }
    assert.equal(index.stats().entries, held.size);
  }
  assert.equal(index.stats().orphans, 0);
  const last = firstBlocks(batches).at(-1);
  assert.ok(last);
  assert.equal(
    index.overlap(hashBlocks(last.tokenIds, last.blockSize, { model: "m" }), ["w"], 99)[0],
    last.hashes.length,
  );
});

test("two processes and every older layout mean the same blocks", { skip }, () => {
  const index = make();
  const workers = { a: recording("a").slice(0, 1), e: recording("e") };
  for (const [worker, batches] of Object.entries(workers)) for (const batch of batches) index.apply(worker, batch, 0);
  const [first] = firstBlocks(workers.a);
  assert.ok(first);
  const hashes = hashBlocks(first.tokenIds, first.blockSize, { model: "m" });
  const [inA, inE] = index.overlap(hashes, ["a", "e"], 0);
  assert.deepEqual([inA, inE], [first.hashes.length, first.hashes.length]);
  for (const batch of recording("synthetic-old")) {
    const old = make();
    // Each holds one chain, then removes a block of it and clears.
    const [event] = batch.events;
    assert.equal(event?.kind, "stored");
    old.apply("w", { ...batch, events: batch.events.slice(0, 1) }, 0);
    assert.deepEqual([old.stats().entries, old.stats().orphans], [event.hashes.length, 0]);
    old.apply("w", { ...batch, events: batch.events.slice(1) }, 0);
    assert.deepEqual([old.stats().entries, old.stats().orphans], [0, 0]);
  }
});
