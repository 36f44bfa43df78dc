// KV events as a subscriber and a replay client on real ZMQ sockets receive them.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test, type TestContext } from "node:test";
import { Dealer, Subscriber } from "zeromq";
import { parseFaultSpec } from "../../../src/engine/ops/fault-spec.ts";
import { type KvEventsConfig, parseKvEventsConfig } from "../../../src/engine/ops/kv-events-config.ts";
import type { EngineOpsOptions } from "../../../src/engine/ops/start-engine-ops.ts";
import {
  decodeKvEventBatch,
  type KvEvent,
  type KvEventMessage,
  parseKvEventFrames,
  REPLAY_END,
  replayRequest,
} from "../../../src/vllm/index.ts";
import { type StandIn, standIn } from "./stand-in.ts";

const CONFIG = parseKvEventsConfig(
  `{"enable_kv_cache_events":true,"endpoint":"tcp://127.0.0.1:*","replay_endpoint":"tcp://127.0.0.1:*","topic":"kv","buffer_steps":5}`,
);

function stored(hash: bigint): KvEvent {
  const tokenIds = Array.from({ length: 16 }, (_, index) => index);
  return {
    kind: "stored",
    hashes: [hash],
    parent: null,
    tokenIds,
    blockSize: 16,
    medium: "GPU",
    loraName: null,
    extraKeys: [null],
    groupIndex: 0,
  };
}

interface Source {
  readonly endpoint: string;
  readonly replay_endpoint: string;
}

async function engineWithEvents(t: TestContext, options: Partial<EngineOpsOptions> = {}): Promise<[StandIn, Source]> {
  const engine = await standIn({ kvEvents: CONFIG, ...options });
  t.after(() => engine.close());
  const response = await fetch(`http://127.0.0.1:${engine.port}/kv_event_sources`);
  const sources = (await response.json()) as Record<string, Source>;
  assert.ok(sources["0"]);
  return [engine, sources["0"]];
}

/** A subscription takes effect a moment after the connection: publishes batches without content until one arrives. */
async function subscriber(t: TestContext, engine: StandIn, endpoint: string): Promise<() => Promise<KvEventMessage>> {
  const socket = new Subscriber({ linger: 0, receiveTimeout: 2000 });
  t.after(() => socket.close());
  socket.connect(endpoint);
  socket.subscribe("kv");
  const receive = async () => {
    const message = parseKvEventFrames(await socket.receive());
    assert.ok(message);
    return message;
  };
  const first = receive();
  let arrived = false;
  void first.finally(() => (arrived = true));
  while (!arrived) {
    engine.step([{ kind: "cleared" }]);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  let last = (await first).sequence;
  return async () => {
    const message = await receive();
    if (decodeKvEventBatch(message.payload).events[0]?.kind !== "cleared") last = message.sequence;
    assert.ok(message.sequence >= last);
    return message;
  };
}

/** The next message that is no `cleared` of the warm-up. */
async function nextStored(receive: () => Promise<KvEventMessage>) {
  for (;;) {
    const message = await receive();
    const batch = decodeKvEventBatch(message.payload);
    if (batch.events[0]?.kind !== "cleared") return { ...message, batch };
  }
}

async function replay(endpoint: string, start: bigint): Promise<KvEventMessage[]> {
  const socket = new Dealer({ linger: 0, receiveTimeout: 2000 });
  try {
    socket.connect(endpoint);
    await socket.send(replayRequest(start));
    const messages: KvEventMessage[] = [];
    for (;;) {
      const message = parseKvEventFrames(await socket.receive());
      assert.ok(message);
      if (message.sequence === REPLAY_END) return messages;
      messages.push(message);
    }
  } finally {
    socket.close();
  }
}

test("one batch a step with events, numbers without gaps, none for a step without", async (t) => {
  const [engine, source] = await engineWithEvents(t);
  const receive = await subscriber(t, engine, source.endpoint);
  engine.step([stored(1n), stored(0xffff_ffff_ffff_fff0n)]);
  engine.step([]);
  engine.step([{ kind: "removed", hashes: [1n], medium: "GPU", groupIndex: null }]);
  const first = await nextStored(receive);
  const second = await nextStored(receive);
  assert.equal(first.topic, "kv");
  assert.equal(second.sequence, first.sequence + 1n);
  assert.equal(first.batch.dataParallelRank, 0);
  assert.ok(Math.abs(first.batch.timestamp - Date.now() / 1000) < 10);
  assert.deepEqual(first.batch.events, [
    { ...stored(1n), specKind: "full_attention" },
    { ...stored(0xffff_ffff_ffff_fff0n), specKind: "full_attention" },
  ]);
  assert.deepEqual(second.batch.events, [{ kind: "removed", hashes: [1n], medium: "GPU", groupIndex: 0 }]);
});

test("numbers begin at 0 in each engine; the replay has the last buffer_steps batches from the asked number on", async (t) => {
  const [engine, source] = await engineWithEvents(t);
  for (let hash = 0n; hash < 8n; hash++) engine.step([stored(hash)]);
  const all = await replay(source.replay_endpoint, 0n);
  assert.deepEqual(
    all.map((message) => message.sequence),
    [3n, 4n, 5n, 6n, 7n],
  );
  assert.deepEqual(decodeKvEventBatch(all[0]?.payload ?? Buffer.alloc(0)).events, [
    { ...stored(3n), specKind: "full_attention" },
  ]);
  assert.deepEqual(
    (await replay(source.replay_endpoint, 6n)).map((message) => message.sequence),
    [6n, 7n],
  );
  assert.deepEqual(await replay(source.replay_endpoint, 99n), []);
});

test("the replay's frames: empty, topic, number, payload; the end: empty, empty, ff×8, empty; nonsense gets no answer", async (t) => {
  const [engine, source] = await engineWithEvents(t);
  engine.step([stored(1n)]);
  const socket = new Dealer({ linger: 0, receiveTimeout: 2000 });
  t.after(() => socket.close());
  socket.connect(source.replay_endpoint);
  await socket.send(["nonsense"]);
  await socket.send(["", "short"]);
  await socket.send(replayRequest(0n));
  const reply = await socket.receive();
  assert.deepEqual(reply.map((frame) => frame.length).slice(0, 3), [0, 2, 8]);
  const end = await socket.receive();
  assert.deepEqual(
    end.map((frame) => frame.toString("hex")),
    ["", "", "ff".repeat(8), ""],
  );
});

test("a lost batch is a gap, live and in the replay", async (t) => {
  const [engine, source] = await engineWithEvents(t);
  const receive = await subscriber(t, engine, source.endpoint);
  engine.step([stored(1n)]);
  const before = await nextStored(receive);
  await setFaults(engine, { kvEvents: { dropRate: 1 } });
  engine.step([stored(2n)]);
  await setFaults(engine, {});
  engine.step([stored(3n)]);
  const after = await nextStored(receive);
  assert.equal(after.sequence, before.sequence + 2n);
  const again = await replay(source.replay_endpoint, before.sequence);
  assert.deepEqual(
    again.map((message) => message.sequence),
    [before.sequence, after.sequence],
  );
});

test("silent: nothing is sent and no number used; another block size is claimed; a silent replay", async (t) => {
  const [engine, source] = await engineWithEvents(t);
  const receive = await subscriber(t, engine, source.endpoint);
  engine.step([stored(1n)]);
  const before = await nextStored(receive);
  await setFaults(engine, { kvEvents: { silent: true } });
  engine.step([stored(2n)]);
  await setFaults(engine, { kvEvents: { blockSize: 64, replaySilent: true } });
  engine.step([stored(3n)]);
  const after = await nextStored(receive);
  assert.equal(after.sequence, before.sequence + 1n);
  assert.deepEqual(after.batch.events, [{ ...stored(3n), blockSize: 64, specKind: "full_attention" }]);
  const socket = new Dealer({ linger: 0, receiveTimeout: 100 });
  t.after(() => socket.close());
  socket.connect(source.replay_endpoint);
  await socket.send(replayRequest(0n));
  await assert.rejects(socket.receive(), { code: "EAGAIN" });
});

test("encodings: the array of older releases, and 32-byte hashes", async (t) => {
  const [engine, source] = await engineWithEvents(t, { kvEventEncoding: "array-0.18", kvEventHashes: "bytes" });
  engine.step([stored(0xabcn)]);
  const [message] = await replay(source.replay_endpoint, 0n);
  const [event] = decodeKvEventBatch(message?.payload ?? Buffer.alloc(0)).events;
  assert.ok(event?.kind === "stored");
  assert.equal(event.hashes[0], "0000000000000abc".repeat(4));
  assert.equal(event.groupIndex, null);
});

test("an endpoint that names one host is connected to: the collector binds", async (t) => {
  const collector = new Subscriber({ linger: 0, receiveTimeout: 2000 });
  t.after(() => collector.close());
  collector.subscribe("");
  await collector.bind("tcp://127.0.0.1:*");
  const endpoint = collector.lastEndpoint ?? "";
  const [engine, source] = await engineWithEvents(t, { kvEvents: { ...CONFIG, endpoint } });
  assert.equal(source.endpoint, endpoint);
  const first = collector.receive();
  let arrived = false;
  void first.finally(() => (arrived = true));
  while (!arrived) {
    engine.step([stored(1n)]);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assert.equal((await first)[0]?.toString(), "kv");
});

test("a subscriber that never reads blocks nothing and costs bounded memory", async (t) => {
  const [engine, source] = await engineWithEvents(t, { kvEvents: { ...CONFIG, hwm: 10, maxQueueSize: 10 } });
  const socket = new Subscriber({ linger: 0, receiveHighWaterMark: 1 });
  t.after(() => socket.close());
  socket.connect(source.endpoint);
  socket.subscribe("");
  for (let step = 0; step < 2000; step++) engine.step([stored(BigInt(step))]);
  await new Promise((resolve) => setImmediate(resolve));
  const last = await replay(source.replay_endpoint, 1999n);
  assert.equal(last[0]?.sequence, 1999n);
});

test("a taken endpoint is named, and so is a bad configuration", async (t) => {
  const [, source] = await engineWithEvents(t);
  const port = source.endpoint.split(":").at(-1);
  const taken: KvEventsConfig = { ...CONFIG, endpoint: `tcp://*:${port}` };
  await assert.rejects(standIn({ kvEvents: taken }), { code: "SWG_PORT_IN_USE", message: new RegExp(String(port)) });
  assert.throws(() => parseKvEventsConfig(`{"endpoint":"5557","hwm":-1,"x":1}`), {
    code: "SWG_KV_EVENTS_INVALID",
    message: /endpoint = "5557".*hwm = -1.*"x"/,
  });
  assert.throws(() => parseKvEventsConfig("{"), { code: "SWG_KV_EVENTS_INVALID" });
});

const RECORDED = "/work/shared/data/vllm-fixtures/bodies/kv_event_sources.http";
const skip = existsSync(RECORDED) ? false : `no recording at ${RECORDED}`;

test("/kv_event_sources has the recorded body", { skip }, async (t) => {
  const config = `{"enable_kv_cache_events":true,"publisher":"zmq","endpoint":"tcp://*:5557","replay_endpoint":"tcp://*:5558","topic":"kv-events"}`;
  const kvEvents = {
    ...parseKvEventsConfig(config),
    endpoint: "tcp://127.0.0.1:*",
    replayEndpoint: "tcp://127.0.0.1:*",
  };
  const [engine, source] = await engineWithEvents(t, { kvEvents });
  const text = await (await fetch(`http://127.0.0.1:${engine.port}/kv_event_sources`)).text();
  const recorded = readFileSync(RECORDED, "utf8").split("\r\n\r\n")[1] ?? "";
  assert.equal(text.replace(source.endpoint, "tcp://*:5557").replace(source.replay_endpoint, "tcp://*:5558"), recorded);
});

async function setFaults(engine: StandIn, faults: object): Promise<void> {
  parseFaultSpec(faults, "test");
  const response = await fetch(`http://127.0.0.1:${engine.port}/_sim/faults`, {
    method: "POST",
    body: JSON.stringify(faults),
  });
  assert.equal(response.status, 200);
}
