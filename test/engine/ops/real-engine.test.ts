// The whole simulated engine: metrics and KV events agree with what its API reports; SIGTERM to a real process.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { test, type TestContext } from "node:test";
import { Dealer } from "zeromq";
import { parseFaultSpec } from "../../../src/engine/ops/fault-spec.ts";
import { parseKvEventsConfig } from "../../../src/engine/ops/kv-events-config.ts";
import { type EngineServer, startEngineServer } from "../../../src/engine/server.ts";
import {
  decodeKvEventBatch,
  parseKvEventFrames,
  readWorkerMetrics,
  REPLAY_END,
  replayRequest,
} from "../../../src/vllm/index.ts";
import { eventually, rawClient, tryConnect } from "./raw-client.ts";

const KV_EVENTS = `{"enable_kv_cache_events":true,"endpoint":"tcp://127.0.0.1:*","replay_endpoint":"tcp://127.0.0.1:*"}`;
const CHAT = "/v1/chat/completions";

async function engine(t: TestContext, faults: object = {}): Promise<EngineServer> {
  const server = await startEngineServer({
    port: 0,
    speed: 100,
    kvEvents: parseKvEventsConfig(KV_EVENTS),
    faults: parseFaultSpec(faults, "test"),
  });
  t.after(() => server.close());
  return server;
}

async function complete(url: string, prompt: number[], more: object = {}) {
  const body = JSON.stringify({ prompt, max_tokens: 20, ignore_eos: true, ...more });
  const headers = { "content-type": "application/json" };
  const response = await fetch(`${url}/v1/completions`, { method: "POST", headers, body });
  return (await response.json()) as { usage: { prompt_tokens_details: { cached_tokens: number } } };
}

async function metrics(url: string) {
  return readWorkerMetrics(await (await fetch(`${url}/metrics`)).text());
}

test("the page agrees with usage: tokens, hits, finish reasons, latencies", async (t) => {
  const { url } = await engine(t);
  const prompt = Array.from({ length: 100 }, (_, index) => 300 + index);
  await complete(url, prompt);
  const cached = (await complete(url, prompt)).usage.prompt_tokens_details.cached_tokens;
  assert.equal(cached, 96);
  const read = await metrics(url);
  assert.deepEqual(
    [read.promptTokens, read.generationTokens, read.prefixQueries, read.prefixHits],
    [200, 40, 200, cached],
  );
  assert.equal(read.promptTokensBySource["local_cache_hit"], cached);
  assert.equal(read.requestSuccess["length"], 2);
  assert.deepEqual([read.running, read.waiting], [0, 0]);
  assert.deepEqual([read.ttft?.count, read.itl?.count, read.e2e?.count, read.queue?.count], [2, 38, 2, 2]);
  assert.ok((read.e2e?.sum ?? 0) > (read.ttft?.sum ?? 0));
});

test("the events of the replay are the blocks that usage counts as cached", async (t) => {
  const { url } = await engine(t);
  await complete(
    url,
    Array.from({ length: 100 }, (_, index) => 300 + index),
    { max_tokens: 1 },
  );
  const sources = (await (await fetch(`${url}/kv_event_sources`)).json()) as { "0": { replay_endpoint: string } };
  const socket = new Dealer({ linger: 0, receiveTimeout: 2000 });
  t.after(() => socket.close());
  socket.connect(sources["0"].replay_endpoint);
  await socket.send(replayRequest(0n));
  const ids: number[] = [];
  for (;;) {
    const message = parseKvEventFrames(await socket.receive());
    assert.ok(message);
    if (message.sequence === REPLAY_END) break;
    for (const event of decodeKvEventBatch(message.payload).events)
      if (event.kind === "stored") ids.push(...event.tokenIds);
  }
  assert.deepEqual(
    ids,
    Array.from({ length: 96 }, (_, index) => 300 + index),
  );
});

test("faults reach the real API: in-band error, stall, close", async (t) => {
  for (const [faults, after] of [
    [{ errors: [{ kind: "in_band", afterChunks: 3 }] }, "data: [DONE]"],
    [{ close: { afterChunks: 3, how: "reset" } }, undefined],
    [{ stall: { afterChunks: 3 } }, undefined],
  ] as const) {
    const { port } = await engine(t, faults);
    const client = await rawClient(port);
    t.after(() => client.close());
    const body = `{"messages":[{"role":"user","content":"hello"}],"stream":true,"max_tokens":50,"ignore_eos":true}`;
    client.send("POST", CHAT, body, "content-type: application/json\r\n");
    if (after) await client.sees(after);
    else if ("close" in faults) assert.equal(await client.end(), "ECONNRESET");
    else await client.sees("200 OK");
    if (after) assert.match(client.received, /EngineCore encountered an issue/);
    const chunks = () => client.received.match(/"object":"chat.completion.chunk"/g)?.length;
    await eventually(() => Promise.resolve(chunks() === 3), "three chunks");
  }
});

async function startProcess(t: TestContext, flags: readonly string[]): Promise<{ child: ChildProcess; port: number }> {
  const args = ["src/cli/main.ts", "engine", "--model", "m", "--port", "0", ...flags];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => child.kill("SIGKILL"));
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  const port = Number(/:(\d+),/.exec(line.toString())?.[1]);
  assert.ok(port > 0, line.toString());
  return { child, port };
}

const LONG = `{"messages":[{"role":"user","content":"hello"}],"stream":true,"max_tokens":5000,"ignore_eos":true}`;

test("SIGTERM to a process: the port refuses, the stream hangs, a second SIGTERM ends it", async (t) => {
  const { child, port } = await startProcess(t, []);
  const client = await rawClient(port);
  t.after(() => client.close());
  client.send("POST", CHAT, LONG, "content-type: application/json\r\n");
  await client.sees("content");
  child.kill("SIGTERM");
  await eventually(async () => (await tryConnect(port)) === "ECONNREFUSED", "a refusal");
  const before = client.received;
  await new Promise((resolve) => setTimeout(resolve, 150));
  assert.equal(client.received, before);
  assert.equal(client.ended, undefined);
  assert.equal(child.exitCode, null);
  child.kill("SIGTERM");
  const [code] = (await once(child, "exit")) as [number | null];
  assert.equal(code, 0);
  await client.end();
});
