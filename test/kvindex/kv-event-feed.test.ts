// The feed against a real ZMQ publisher: restarts, lost batches, replay, reconnection, both encodings.
import assert from "node:assert/strict";
import { once, EventEmitter } from "node:events";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { realClock } from "../../src/core/index.ts";
import { type KvEventFeed, type KvEventFeedStatus, memoryIndex, startKvEventFeed } from "../../src/kvindex/index.ts";
import type { KvEvent } from "../../src/vllm/index.ts";
import { closeAfterTest } from "../core/closing.ts";
import { type EventPublisher as Source, publisher } from "./event-publisher.ts";
import { hashesOf, names, prompt, removed, SEED, stored } from "./events.ts";

function feed(source: Source, withReplay = true) {
  const index = memoryIndex({ maxBytes: 16e6, ttlSeconds: 60, seedOf: () => SEED });
  const changes = new EventEmitter();
  const started: KvEventFeed = startKvEventFeed({
    worker: "w",
    endpoint: source.endpoint,
    replayEndpoint: withReplay ? source.replayEndpoint : undefined,
    topic: "",
    index,
    clock: realClock,
    replayTimeoutMs: 200,
    onChange: () => changes.emit("change"),
  });
  closeAfterTest(() => started.close());
  async function until(isSo: (status: KvEventFeedStatus) => boolean): Promise<void> {
    const signal = AbortSignal.timeout(2000);
    while (!isSo(started.status())) await once(changes, "change", { signal });
  }
  return {
    index,
    status: () => started.status(),
    close: () => started.close(),
    held: (start: number, count = 4) => index.overlap(hashesOf(prompt(start, count)), ["w"], realClock.now())[0],
    until,
    caughtUp: (from: Source) => until(({ lastSequence, state }) => lastSequence === from.last() && state === "live"),
  };
}

function store(number: number): KvEvent {
  return stored(names(number, 4), prompt(number, 4));
}

/** A subscriber is known to the publisher only some time after it has connected. */
async function settle(source: Source, consumer: ReturnType<typeof feed>): Promise<void> {
  await consumer.until(({ state }) => state === "live");
  const before = consumer.status().batches;
  while (consumer.status().batches === before) {
    await source.publish();
    await wait(10);
  }
}

for (const encoding of ["map", "array-0.11", "array-0.22"] as const) {
  test(`blocks stored and removed reach the index (${encoding})`, async () => {
    const source = await publisher({ encoding });
    const consumer = feed(source);
    await settle(source, consumer);
    await source.publish(store(1), store(2));
    await source.publish(removed(names(1, 2, 2)));
    await consumer.caughtUp(source);
    assert.deepEqual([consumer.held(1), consumer.held(2)], [2, 4]);
    assert.equal(consumer.status().state, "live");
    assert.deepEqual([consumer.status().gaps, consumer.status().drops], [0, 0]);
  });
}

test("who joins late gets the history by replay", async () => {
  const source = await publisher();
  await source.publish(store(1));
  await source.publish(store(2));
  const consumer = feed(source);
  await consumer.until(({ batches }) => batches >= 2);
  assert.deepEqual([consumer.held(1), consumer.held(2)], [4, 4]);
  assert.equal(consumer.status().replayed, 2);
});

test("a missed batch is fetched by replay, nothing is dropped or applied twice", async () => {
  const source = await publisher();
  const consumer = feed(source);
  await settle(source, consumer);
  await source.publish(store(1));
  source.miss(store(2), store(1));
  await source.publish(store(3));
  await consumer.until(({ gaps, state }) => gaps === 1 && state === "live");
  assert.deepEqual([consumer.held(1), consumer.held(2), consumer.held(3)], [4, 4, 4]);
  await source.publish(removed(names(1, 4)), removed(names(3, 4)));
  await consumer.caughtUp(source);
  assert.deepEqual([consumer.held(1), consumer.held(3)], [4, 0], "1 was stored twice, 3 once");
  assert.equal(consumer.status().drops, 0);
});

for (const [name, withReplay, answers] of [
  ["without a replay socket", false, true],
  ["with a replay socket that does not answer", true, false],
] as const) {
  test(`a missed batch ${name} drops the worker's entries`, async () => {
    const source = await publisher({ replay: answers });
    const consumer = feed(source, withReplay);
    await settle(source, consumer);
    await source.publish(store(1));
    source.miss(store(2));
    await source.publish(store(3));
    await consumer.until(({ drops, state }) => drops === 1 && state === "live");
    assert.deepEqual([consumer.held(1), consumer.held(2), consumer.held(3)], [0, 0, 4]);
  });
}

test("a batch that the engine itself has lost drops the worker's entries", async () => {
  const source = await publisher();
  const consumer = feed(source);
  await settle(source, consumer);
  await source.publish(store(1));
  source.lose();
  await source.publish(store(3));
  await consumer.until(({ drops }) => drops === 1);
  await consumer.until(({ state }) => state === "live");
  assert.deepEqual([consumer.held(1), consumer.held(3)], [0, 4]);
});

for (const withReplay of [true, false]) {
  test(`a restarted engine's entries are dropped (${withReplay ? "with" : "without"} replay)`, async () => {
    const source = await publisher();
    const consumer = feed(source, withReplay);
    await settle(source, consumer);
    // Far enough that the next engine's numbers are lower.
    for (let i = 0; i < 50; i++) await source.publish(store(1));
    await consumer.caughtUp(source);
    source.close();
    await consumer.until(({ state }) => state === "lost");
    assert.equal(consumer.index.streamOf("w", realClock.now()), "lost");
    const again = await publisher({ port: source.endpoint, replayPort: source.replayEndpoint });
    await again.publish(store(2));
    await settle(again, consumer);
    assert.equal(consumer.held(1), 0);
    if (withReplay) assert.equal(consumer.held(2), 4);
    assert.equal(consumer.status().restarts, 1);
  });
}

test("a restarted engine that has got further than the old one is found by its replay", async () => {
  const source = await publisher();
  const consumer = feed(source);
  await source.publish(store(1));
  await consumer.until(({ batches }) => batches >= 1);
  source.close();
  await consumer.until(({ state }) => state === "lost");
  const again = await publisher({ port: source.endpoint, replayPort: source.replayEndpoint });
  for (let number = 2; number < 8; number++) await again.publish(store(number));
  await consumer.until(({ lastSequence }) => (lastSequence ?? 0) >= 5);
  assert.deepEqual([consumer.held(1), consumer.held(2), consumer.held(7)], [0, 4, 4]);
  assert.equal(consumer.status().restarts, 1);
});

test("a payload that cannot be read is counted, and what was known is given up", async () => {
  const source = await publisher();
  const consumer = feed(source);
  await settle(source, consumer);
  await source.publish(store(1));
  await source.sendRaw(Buffer.from("nonsense"));
  await source.publish(store(2));
  await consumer.until(({ undecodable }) => undecodable >= 1);
  await consumer.caughtUp(source);
  assert.deepEqual([consumer.held(1), consumer.held(2)], [0, 4]);
});

test("another block size shows as an alarm", async () => {
  const source = await publisher();
  const consumer = feed(source);
  await settle(source, consumer);
  await source.publish(store(1), stored(names(9, 2), prompt(9, 4), { blockSize: 8 }));
  await consumer.caughtUp(source);
  assert.deepEqual(consumer.index.stats().blockSizeMismatches, { w: 8 });
  assert.equal(consumer.held(9), 0);
});

test("a feed closes while it waits, while it connects, and twice", async () => {
  const source = await publisher();
  const consumer = feed(source);
  await consumer.close();
  const other = feed(source);
  await other.until(({ state }) => state === "live");
  await other.close();
  await other.close();
  assert.equal(other.status().state, "lost");
});
