// Each fault as a client on a bare socket observes it.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { test, type TestContext } from "node:test";
import { parseFaultSpec } from "../../../src/engine/ops/fault-spec.ts";
import { eventually, rawClient, type RawClient, tryConnect } from "./raw-client.ts";
import { type StandIn, standIn } from "./stand-in.ts";

const STREAM = `{"stream":true}`;
const CHAT = "/v1/chat/completions";

async function withFaults(t: TestContext, faults: object): Promise<{ engine: StandIn; client: RawClient }> {
  const engine = await standIn({ faults: parseFaultSpec(faults, "test") });
  t.after(() => engine.close());
  return { engine, client: await connected(t, engine) };
}

async function connected(t: TestContext, engine: StandIn): Promise<RawClient> {
  const client = await rawClient(engine.port);
  t.after(() => client.close());
  return client;
}

/** A connection shows that it stays silent when another one is answered meanwhile. */
async function assertSilent(engine: StandIn, client: RawClient, path = "/_sim/faults"): Promise<void> {
  const other = await rawClient(engine.port);
  other.send("GET", path);
  await other.sees("HTTP/1.1 200");
  other.close();
  assert.equal(client.ended, undefined);
}

for (const [kind, status, text] of [
  ["500", 500, "EngineCore encountered an issue"],
  ["503", 503, "Service Unavailable"],
  ["429", 429, "Too Many Requests"],
  ["draining", 500, "cannot schedule new futures after shutdown"],
  ["invalid_json", 200, `"mess`],
] as const) {
  test(`error ${kind}: status ${status}, the API never sees the request`, async (t) => {
    const { client } = await withFaults(t, { errors: [{ kind }] });
    client.send("POST", CHAT, "{}");
    await client.sees(text);
    assert.match(client.received, new RegExp(`^HTTP/1.1 ${status} `));
    const body = client.received.split("\r\n\r\n")[1] ?? "";
    if (kind === "invalid_json") assert.throws(() => JSON.parse(body));
    else assert.equal(JSON.parse(body).error.code, status);
  });
}

test("error rate: the same seed strikes the same requests", async (t) => {
  const runs: string[] = [];
  for (let run = 0; run < 2; run++) {
    const { client } = await withFaults(t, { seed: 7, errors: [{ kind: "503", rate: 0.5 }] });
    for (let i = 0; i < 20; i++) {
      client.send("POST", CHAT, "{}");
      await eventually(
        () => Promise.resolve((client.received.match(/HTTP\/1\.1/g) ?? []).length === i + 1),
        "an answer",
      );
    }
    runs.push([...client.received.matchAll(/HTTP\/1\.1 (\d+)/g)].map((match) => match[1]).join());
  }
  assert.equal(runs[0], runs[1]);
  assert.match(runs[0] ?? "", /200/);
  assert.match(runs[0] ?? "", /503/);
});

test("in_band: an error event and [DONE] under 200, after the chunks", async (t) => {
  const { engine, client } = await withFaults(t, { errors: [{ kind: "in_band", afterChunks: 2 }] });
  client.send("POST", CHAT, STREAM);
  await client.sees("200 OK");
  for (let i = 0; i < 5; i++) engine.token();
  await client.sees("data: [DONE]");
  await client.sees("\r\n0\r\n\r\n");
  assert.equal(client.received.match(/"token"/g)?.length, 2);
  assert.match(
    client.received,
    /data: \{"error": \{"message": "EngineCore encountered an issue.*"code": 500\}\}\n\ndata: \[DONE\]/,
  );
});

test("latency: the request waits, the others do not", async (t) => {
  const { engine, client } = await withFaults(t, { latency: { ms: 30 } });
  const begin = performance.now();
  client.send("POST", CHAT, "{}");
  await client.sees("chat.completion");
  assert.ok(performance.now() - begin >= 29);
  client.send("GET", "/_sim/faults");
  await client.sees(`"latency":1`);
  assert.equal(engine.exits.length, 0);
});

test("stall: so many chunks, then neither byte nor end", async (t) => {
  const { engine, client } = await withFaults(t, { stall: { afterChunks: 3 } });
  client.send("POST", CHAT, STREAM);
  await client.sees("200 OK");
  for (let i = 0; i < 6; i++) engine.token();
  await eventually(() => Promise.resolve(client.received.match(/"token"/g)?.length === 3), "three chunks");
  await assertSilent(engine, client);
  assert.equal(client.received.match(/"token"/g)?.length, 3);
});

test("stall of a whole answer: no byte", async (t) => {
  const { engine, client } = await withFaults(t, { stall: { afterChunks: 0 } });
  client.send("POST", CHAT, "{}");
  await engine.reached(1);
  await assertSilent(engine, client);
  assert.equal(client.received, "");
});

for (const [how, seen] of [
  ["fin", "fin"],
  ["reset", "ECONNRESET"],
] as const) {
  test(`close ${how}: so many chunks, then ${seen} without the last chunk`, async (t) => {
    const { engine, client } = await withFaults(t, { close: { afterChunks: 2, how } });
    client.send("POST", CHAT, STREAM);
    await client.sees("200 OK");
    for (let i = 0; i < 4; i++) engine.token();
    assert.equal(await client.end(), seen);
    assert.equal(client.received.match(/"token"/g)?.length, 2);
    assert.doesNotMatch(client.received, /\r\n0\r\n\r\n$/);
  });
}

test("close after 0 chunks: a whole answer never begins", async (t) => {
  const { client } = await withFaults(t, { close: { afterChunks: 0 } });
  client.send("POST", CHAT, "{}");
  assert.equal(await client.end(), "fin");
  assert.equal(client.received, "");
});

test("crash at the n-th request: streams break off, the port refuses, the process is told to end", async (t) => {
  const { engine, client } = await withFaults(t, { crash: { afterRequests: 2 } });
  client.send("POST", CHAT, STREAM);
  await client.sees("200 OK");
  const second = await connected(t, engine);
  second.send("POST", CHAT, "{}");
  await client.end();
  await second.end();
  assert.equal(second.received, "");
  assert.equal(await tryConnect(engine.port), "ECONNREFUSED");
  assert.deepEqual(engine.exits, [137]);
  assert.equal(engine.ops.state, "dead");
});

test("engineDeath: in-band error on streams, 500 on waiting ones and new ones, then the port refuses", async (t) => {
  const engine = await standIn({ deathExitMs: 60 });
  t.after(() => engine.close());
  const [client, admin] = [await connected(t, engine), await connected(t, engine)];
  client.send("POST", CHAT, STREAM);
  await client.sees("200 OK");
  engine.token();
  admin.send("POST", "/_sim/faults", `{"engineDeath":{}}`);
  await client.sees("data: [DONE]");
  assert.match(client.received, /"token".*EngineCore encountered an issue/s);
  admin.send("GET", "/health");
  await admin.sees("ok");
  admin.send("POST", CHAT, "{}");
  await admin.sees("500 Internal");
  await admin.end();
  assert.equal(await tryConnect(engine.port), "ECONNREFUSED");
  assert.deepEqual(engine.exits, [1]);
});

test("hang: connections are taken, nothing is answered, until the fault is cleared", async (t) => {
  const { engine, client } = await withFaults(t, { hang: {} });
  client.send("GET", "/health");
  const chat = await connected(t, engine);
  chat.send("POST", CHAT, "{}");
  await assertSilent(engine, client);
  assert.equal(client.received + chat.received, "");
  assert.equal(engine.paused, true);
  const admin = await connected(t, engine);
  admin.send("DELETE", "/_sim/faults");
  await client.sees("ok");
  await chat.sees("chat.completion");
  assert.equal(engine.paused, false);
});

test("hang with forMs: answered afterwards by itself", async (t) => {
  const { engine, client } = await withFaults(t, { hang: { forMs: 40 } });
  assert.equal(engine.ops.state, "hung");
  client.send("GET", "/health");
  await client.sees("ok");
  assert.equal(engine.ops.state, "ready");
});

test("refuse: the port refuses for a time, running streams go on, then it is open again", async (t) => {
  const { engine, client } = await withFaults(t, {});
  client.send("POST", CHAT, STREAM);
  await client.sees("200 OK");
  const admin = await connected(t, engine);
  admin.send("POST", "/_sim/faults", `{"refuse":{"forMs":80}}`);
  await eventually(async () => (await tryConnect(engine.port)) === "ECONNREFUSED", "a refusal");
  engine.token();
  await client.sees(`"token"`);
  await eventually(async () => (await tryConnect(engine.port)) === "open", "an open port");
});

test("refuse while another process takes the port: tried again until it is free", async (t) => {
  const { engine } = await withFaults(t, { refuse: { afterRequests: 1, forMs: 60 } });
  const client = await connected(t, engine);
  client.send("POST", CHAT, "{}");
  await client.sees("chat.completion");
  const thief = createServer();
  thief.listen(engine.port, "127.0.0.1");
  await once(thief, "listening");
  await new Promise((resolve) => setTimeout(resolve, 80));
  thief.close();
  const health = async () => (await tryConnect(engine.port)) === "open";
  await eventually(health, "an open port");
});

test("slowStart silent: the connection is taken and answered only when the start is over", async (t) => {
  const { engine, client } = await withFaults(t, { slowStart: { forMs: 50 } });
  client.send("GET", "/health");
  assert.equal(engine.ops.state, "starting");
  await assertSilent(engine, client);
  await client.sees("ok");
  assert.equal(engine.ops.state, "ready");
});

test("slowStart refused: nobody listens until the start is over", async (t) => {
  const engine = await standIn({ faults: parseFaultSpec({ slowStart: { forMs: 60, how: "refused" } }, "test") });
  t.after(() => engine.close());
  await eventually(async () => (await tryConnect(engine.port)) === "ECONNREFUSED", "a refusal");
  await eventually(async () => (await tryConnect(engine.port)) === "open", "an open port");
});

test("slowStart 503 and health 503", async (t) => {
  const { client } = await withFaults(t, { slowStart: { forMs: 60_000, how: "503" } });
  client.send("GET", "/health");
  await client.sees("503 Service Unavailable");
  const { client: other } = await withFaults(t, { health: "503" });
  other.send("GET", "/health");
  await other.sees("503 Service Unavailable");
  other.send("POST", CHAT, "{}");
  await other.sees("chat.completion");
});

test("paths: only the named ones are struck", async (t) => {
  const { client } = await withFaults(t, { paths: ["/v1/completions"], errors: [{ kind: "503" }] });
  client.send("POST", CHAT, "{}");
  await client.sees("chat.completion");
  client.send("POST", "/v1/completions", "{}");
  await client.sees("503 Service Unavailable");
});

test("wrong metrics: garbage, zeros, old names, an error, another block size", async (t) => {
  const { engine } = await withFaults(t, {});
  const page = async (faults: object): Promise<string> => {
    await fetch(`http://127.0.0.1:${engine.port}/_sim/faults`, { method: "POST", body: JSON.stringify(faults) });
    const response = await fetch(`http://127.0.0.1:${engine.port}/metrics`);
    return `${response.status}\n${await response.text()}`;
  };
  assert.match(await page({}), /^200\n[^]*vllm:kv_cache_usage_perc\{.*\} 0\.5\n/);
  assert.match(await page({ metrics: "garbage" }), /^200\n<html>/);
  const zeros = await page({ metrics: "zeros" });
  assert.match(zeros, /vllm:kv_cache_usage_perc\{.*\} 0\.0\n/);
  assert.doesNotMatch(zeros, /^[^#\n].* [1-9]/m);
  const old = await page({ metrics: "old_names" });
  assert.match(old, /vllm:gpu_cache_usage_perc\{.*\} 0\.5\n[^]*vllm:gpu_prefix_cache_queries_total\{/);
  assert.doesNotMatch(old, /vllm:kv_cache_usage_perc/);
  assert.match(await page({ metrics: "error" }), /^500\n/);
  assert.match(await page({ metricsBlockSize: 64 }), /cache_config_info\{.*,block_size="64"/);
});
