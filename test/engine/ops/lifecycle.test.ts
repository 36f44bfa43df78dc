// SIGTERM as vLLM 0.32 was seen to take it, observed on bare sockets.
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { EngineOpsOptions } from "../../../src/engine/ops/start-engine-ops.ts";
import { eventually, rawClient, type RawClient, tryConnect } from "./raw-client.ts";
import { type StandIn, standIn } from "./stand-in.ts";

const STREAM = `{"stream":true}`;
const CHAT = "/v1/chat/completions";

async function withStream(t: TestContext, options: Partial<EngineOpsOptions>): Promise<[StandIn, RawClient]> {
  const engine = await standIn(options);
  t.after(() => engine.close());
  const client = await rawClient(engine.port);
  t.after(() => client.close());
  client.send("POST", CHAT, STREAM);
  await client.sees("200 OK");
  engine.token();
  await client.sees("token");
  return [engine, client];
}

async function refused(engine: StandIn): Promise<void> {
  await eventually(async () => (await tryConnect(engine.port)) === "ECONNREFUSED", "a refusal");
}

test("shutdown timeout 0: the port closes, the stream hangs without bytes and without an end", async (t) => {
  const [engine, client] = await withStream(t, {});
  const before = client.received;
  engine.ops.shutdown();
  await refused(engine);
  engine.token();
  assert.equal(engine.paused, true);
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(client.received, before);
  assert.equal(client.ended, undefined);
  assert.deepEqual(engine.exits, []);
});

test("shutdown timeout 0: the process ends once the client has left, or at the second signal", async (t) => {
  const [engine, client] = await withStream(t, {});
  engine.ops.shutdown();
  client.close();
  await eventually(() => Promise.resolve(engine.exits.length === 1), "the end");
  assert.deepEqual(engine.exits, [0]);

  const [other, stream] = await withStream(t, {});
  other.ops.shutdown();
  assert.deepEqual(other.exits, []);
  other.ops.shutdown();
  assert.deepEqual(other.exits, [0]);
  await stream.end();
  other.ops.shutdown();
  assert.deepEqual(other.exits, [0]);
});

test("shutdown timeout 0 without open requests: ends at once", async (t) => {
  const engine = await standIn();
  t.after(() => engine.close());
  engine.ops.shutdown();
  assert.deepEqual(engine.exits, [0]);
  await refused(engine);
});

test("a hang limit ends the hang", async (t) => {
  const [engine, client] = await withStream(t, { hangLimitMs: 30 });
  engine.ops.shutdown();
  await client.end();
  assert.deepEqual(engine.exits, [0]);
});

test("shutdown timeout 20 s: /health is 200, new requests are refused by name, the stream finishes, then the end", async (t) => {
  const [engine, client] = await withStream(t, { shutdownTimeoutMs: 20_000 });
  engine.ops.shutdown();
  assert.equal(engine.ops.state, "draining");
  const other = await rawClient(engine.port);
  t.after(() => other.close());
  other.send("GET", "/health");
  await other.sees("HTTP/1.1 200 OK");
  other.send("POST", CHAT, "{}");
  await other.sees("cannot schedule new futures after shutdown");
  assert.match(other.received, /HTTP\/1\.1 500 /);
  engine.token();
  await eventually(() => Promise.resolve(client.received.match(/"token"/g)?.length === 2), "the second token");
  assert.deepEqual(engine.exits, []);
  engine.finish();
  await client.sees("\r\n0\r\n\r\n");
  await eventually(() => Promise.resolve(engine.exits.length === 1), "the end");
  await refused(engine);
});

test("shutdown timeout exceeded: the stream hangs again", async (t) => {
  const [engine, client] = await withStream(t, { shutdownTimeoutMs: 30 });
  engine.ops.shutdown();
  await refused(engine);
  const before = client.received;
  engine.token();
  await new Promise((resolve) => setTimeout(resolve, 30));
  assert.equal(client.received, before);
  assert.equal(client.ended, undefined);
  assert.deepEqual(engine.exits, []);
});

test("an engine that hangs is not woken by the end of an earlier hang once it shuts down", async (t) => {
  const [engine, client] = await withStream(t, {});
  const admin = await rawClient(engine.port);
  t.after(() => admin.close());
  admin.send("POST", "/_sim/faults", `{"hang":{"forMs":30}}`);
  await eventually(() => Promise.resolve(engine.ops.state === "hung"), "the hang");
  engine.ops.shutdown();
  await new Promise((resolve) => setTimeout(resolve, 60));
  assert.equal(engine.paused, true);
  assert.equal(client.ended, undefined);
  await refused(engine);
});
