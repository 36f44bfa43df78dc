// Every way in which one of two legs can fail has one outcome; parameters are never sent a second time.
import assert from "node:assert/strict";
import { connect } from "node:net";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { type Answer, call, chat, eventually, upstream } from "../harness.ts";
import { type Asked, type Door, once, type PdGateway, pdGateway, type PdWorker, resets, says } from "./pd-gateway.ts";
import { aloneSays, plain } from "./pd-gateway.ts";

const LONG = "a long prompt about foxes ".repeat(30);
const ask = (more: Record<string, unknown> = {}): string =>
  chat({ messages: [{ role: "user", content: LONG }], temperature: 0, max_tokens: 12, ...more });

const INTERNAL = { error: { message: "Internal server error", type: "InternalServerError", param: null, code: 500 } };
const OVERLOADED = { error: { message: "queue is full", type: "Service Unavailable", param: null, code: 503 } };
const DRAINING = {
  error: { message: "cannot schedule new futures after shutdown", type: "InternalServerError", param: null, code: 500 },
};

/** Starts an answer and breaks it. */
const half: Door = (_asked, response) => {
  response.writeHead(200, { "content-type": "application/json", "content-length": "900" });
  response.write('{"id":"chatcmpl-x"');
  setTimeout(() => response.destroy(), 20);
  return "taken";
};
/** A whole answer by its length, whose bytes were lost on the way. */
const spoilt: Door = (_asked, response) => {
  response.writeHead(200, { "content-type": "application/json" });
  response.end('{"id":"chatcmpl-x","choices":[],"kv_transfer_params":{"do_remote_prefill":true,"remote_');
  return "taken";
};
const streamHead: Door = (_asked, response) => {
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.write(
    'data: {"id":"x","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}\n\n',
  );
  setTimeout(() => response.destroy(), 20);
  return "taken";
};
/** As a vLLM whose KV did not come answers a stream: 200, then an error in it. */
const streamError: Door = (_asked, response) => {
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.write(
    'data: {"id":"x","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}\n\n',
  );
  response.end(`data: ${JSON.stringify(INTERNAL)}\n\ndata: [DONE]\n\n`);
  return "taken";
};

/** Each parameters object, as the decode workers got it. */
function paramsSeen({ decode, prefill }: PdGateway): string[] {
  const ids = (one: PdWorker): string[] =>
    one.asked.flatMap(({ body }: Asked) => {
      const { remote_request_id: id } = (body["kv_transfer_params"] ?? {}) as { remote_request_id?: string };
      return id === undefined || id === null ? [] : [id];
    });
  return [...prefill, ...decode].flatMap(ids);
}

async function served(pd: PdGateway, body = ask()): Promise<Answer> {
  const answer = await call(pd.gateway, { body });
  assert.equal(answer.status, 200, answer.body);
  assert.equal(plain(answer.body), plain(await aloneSays(body)));
  const seen = paramsSeen(pd);
  assert.equal(new Set(seen).size, seen.length, "no parameters twice");
  return answer;
}

function legs({ gateway }: PdGateway, answer: Answer): string[] {
  const all = gateway.receipt(String(answer.headers["x-request-id"]))?.legs ?? [];
  return all.map(({ part, whole, worker, failure }) => [part ?? whole ?? "-", worker, failure ?? "ok"].join(" "));
}

const PREFILL: readonly (readonly [string, Door | "shut", string])[] = [
  ["refuses the connection", "shut", "refused"],
  ["dies before its answer", resets, "broken"],
  ["dies in its answer", half, "broken"],
  ["answers what is no JSON", spoilt, "broken"],
  ["is overloaded", says(503, OVERLOADED), "overloaded"],
  ["is being shut down", says(500, DRAINING), "engine"],
];

for (const [how, door, failure] of PREFILL) {
  test(`a prefill worker that ${how}: another one computes the prompt`, async () => {
    const pd = await pdGateway({ prefill: 2 });
    const [bad] = pd.prefill;
    assert.ok(bad);
    if (door === "shut") await bad.shut();
    else bad.door = door;
    // It is the first choice.
    pd.prefill[1]?.worker.ledger.begin({ promptTokens: 90_000, cachedTokens: 0 });
    const answer = await served(pd);
    assert.deepEqual(legs(pd, answer), [`prefill prefill-0 ${failure}`, "prefill prefill-1 ok", "decode decode-0 ok"]);
  });

  test(`the only prefill worker ${how}: the decode worker serves alone`, async () => {
    const pd = await pdGateway();
    if (door === "shut") await pd.prefill[0]?.shut();
    else if (pd.prefill[0]) pd.prefill[0].door = door;
    const answer = await served(pd);
    assert.deepEqual(legs(pd, answer), [`prefill prefill-0 ${failure}`, "fallback decode-0 ok"]);
  });

  test(`the only prefill worker ${how}, and the policy is to fail: 503`, async () => {
    const pd = await pdGateway({ settings: { fallback: "fail" } });
    if (door === "shut") await pd.prefill[0]?.shut();
    else if (pd.prefill[0]) pd.prefill[0].door = door;
    const answer = await call(pd.gateway, { body: ask() });
    assert.equal(answer.status, 503);
    assert.match(await pd.gateway.metrics.page(), /path="refused",reason="no_prefill"\} 1/);
  });
}

test("a prefill worker's 400 is the client's answer", async () => {
  const pd = await pdGateway();
  const bad = {
    error: { message: "temperature must be non-negative", type: "BadRequestError", param: "temperature", code: 400 },
  };
  if (pd.prefill[0]) pd.prefill[0].door = says(400, bad);
  const answer = await call(pd.gateway, { body: ask() });
  assert.deepEqual([answer.status, JSON.parse(answer.body)], [400, bad]);
  assert.equal(pd.decode[0]?.asked.length, 0);
});

test("a prefill worker that takes too long is left, and the decode worker serves alone", async () => {
  const pd = await pdGateway({ settings: { prefillTimeoutMs: 100 } });
  let left = false;
  if (pd.prefill[0])
    pd.prefill[0].door = (_asked, response) => {
      response.on("close", () => (left = true));
      return "taken";
    };
  const answer = await served(pd);
  assert.deepEqual(legs(pd, answer), ["prefill prefill-0 slow", "prefill_slow decode-0 ok"]);
  await eventually(() => left, "its leg is aborted");
});

test("a prefill worker without connector gives no parameters: the decode worker computes the prompt", async () => {
  const pd = await pdGateway();
  if (pd.prefill[0])
    pd.prefill[0].door = (asked, response) =>
      says(200, { id: String(asked.path), choices: [], kv_transfer_params: null })(asked, response);
  const answer = await served(pd);
  assert.deepEqual(legs(pd, answer), ["prefill prefill-0 ok", "no_params decode-0 ok"]);
  assert.equal("kv_transfer_params" in (pd.decode[0]?.asked[0]?.body ?? {}), false);
});

test("an answer that took longer than the lease: parameters are not used", async () => {
  const pd = await pdGateway({ settings: { leaseMs: 100 } });
  const real = pd.prefill[0];
  assert.ok(real);
  real.door = (_asked, response) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.write('{"id":"chatcmpl-x","choices":[],');
    setTimeout(() => response.end('"kv_transfer_params":{"do_remote_prefill":true,"remote_request_id":"late"}}'), 150);
    return "taken";
  };
  const answer = await served(pd);
  assert.deepEqual(legs(pd, answer), ["prefill prefill-0 ok", "lease decode-0 ok"]);
  assert.deepEqual(paramsSeen(pd), []);
});

const NO_PARAMS: Door = says(200, { id: "x", choices: [], kv_transfer_params: null });
const LATE: Door = (_asked, response) => {
  response.writeHead(200, { "content-type": "application/json" });
  response.write('{"id":"chatcmpl-x","choices":[],');
  setTimeout(() => response.end('"kv_transfer_params":{"do_remote_prefill":true}}'), 150);
  return "taken";
};
const NEVER: Door = () => "taken";

for (const [how, door, status] of [
  ["gives no parameters", NO_PARAMS, 503],
  ["outlasts its lease", LATE, 503],
  ["takes too long", NEVER, 504],
] as const) {
  test(`a prefill worker that ${how}, and the policy is to fail: ${status}`, async () => {
    const settings = { fallback: "fail", leaseMs: 100, prefillTimeoutMs: door === NEVER ? 100 : 20_000 } as const;
    const pd = await pdGateway({ settings });
    if (pd.prefill[0]) pd.prefill[0].door = door;
    assert.equal((await call(pd.gateway, { body: ask() })).status, status);
    assert.equal(pd.decode[0]?.asked.length, 0);
    await eventually(() => pd.gateway.inflight === 0, "over");
  });
}

const DECODE: readonly (readonly [string, Door | "shut", string])[] = [
  ["refuses the connection", "shut", "refused"],
  ["dies before its head", resets, "broken"],
  ["dies before its first token", streamHead, "broken"],
  ["is overloaded", says(503, OVERLOADED), "overloaded"],
  ["is being shut down", says(500, DRAINING), "engine"],
];

for (const [how, door, failure] of DECODE) {
  test(`a decode worker that ${how}: a new prefill leg, another decode worker`, async () => {
    const pd = await pdGateway({ decode: 2 });
    const [bad] = pd.decode;
    assert.ok(bad);
    if (door === "shut") await bad.shut();
    else bad.door = door;
    pd.decode[1]?.worker.ledger.begin({ promptTokens: 90_000, cachedTokens: 0 });
    const answer = await served(pd, ask({ stream: true }));
    assert.deepEqual(legs(pd, answer), [
      "prefill prefill-0 ok",
      `decode decode-0 ${failure}`,
      "prefill prefill-0 ok",
      "decode decode-1 ok",
    ]);
  });

  test(`the only decode worker ${how}: the prefill worker serves alone`, async () => {
    const pd = await pdGateway();
    const [bad] = pd.decode;
    assert.ok(bad);
    if (door === "shut") await bad.shut();
    else bad.door = once(door);
    const answer = await served(pd, ask({ stream: true }));
    const last = legs(pd, answer).at(-1);
    // The prefill worker is a whole vLLM; its own prompt is in its cache.
    assert.equal(last, "fallback prefill-0 ok");
  });
}

for (const [how, door, stream] of [
  ["500", says(500, INTERNAL), false],
  ["an error in its stream", streamError, true],
] as const) {
  test(`KV that does not come, told by ${how}: the same worker computes the prompt`, async () => {
    const pd = await pdGateway();
    if (pd.decode[0]) pd.decode[0].door = once(door);
    const answer = await served(pd, ask({ stream }));
    assert.deepEqual(legs(pd, answer), ["prefill prefill-0 ok", "decode decode-0 kv_load", "kv_load decode-0 ok"]);
    assert.match(await pd.gateway.metrics.page(), /retries_total\{[^}]*reason="kv_load"\} 1/);
    assert.deepEqual(
      pd.gateway.fleet.reports.filter(({ outcome }) => outcome !== "ok"),
      [],
      "not the worker's fault",
    );
  });

  test(`KV that does not come, told by ${how}, and the policy is to fail: the client is told`, async () => {
    const pd = await pdGateway({ settings: { fallback: "fail" } });
    if (pd.decode[0]) pd.decode[0].door = door;
    const answer = await call(pd.gateway, { body: ask({ stream }) });
    assert.equal(answer.status, stream ? 200 : 500);
    assert.match(answer.body, /Internal server error/);
    assert.equal(pd.decode[0]?.asked.length, 1);
  });
}

test("a prefill worker that dies after its answer: the real engine's load fails, and the decode worker recovers", async () => {
  const pd = await pdGateway();
  const [prefill] = pd.prefill;
  assert.ok(prefill);
  if (pd.decode[0])
    pd.decode[0].door = once(() => {
      prefill.engine.transfer?.close();
      return "passed";
    });
  const answer = await served(pd);
  assert.deepEqual(legs(pd, answer), ["prefill prefill-0 ok", "decode decode-0 kv_load", "kv_load decode-0 ok"]);
});

test("a decode worker's answer that breaks off under a right length is relayed as it came, and ends", async () => {
  const pd = await pdGateway();
  const [decode] = pd.decode;
  assert.ok(decode);
  const cut = '{"id":"x","choices":[],"usage":{"prompt_tokens_details":{"cached_tokens":1';
  decode.door = (_asked, response) => {
    response.writeHead(200, { "content-type": "application/json" }).end(cut);
    return "taken";
  };
  assert.equal((await call(pd.gateway, { body: ask() })).body, cut);
  await eventually(() => pd.gateway.inflight === 0, "over");
});

test("a pool that is gone: colocated, or a refusal", async () => {
  for (const [gone, worker] of [
    ["prefill", "decode-0"],
    ["decode", "prefill-0"],
  ] as const) {
    const pd = await pdGateway();
    pd.gateway.fleet.setState(`${gone}-0`, "dead");
    assert.deepEqual(legs(pd, await served(pd)), [`fallback ${worker} ok`]);
    const strict = await pdGateway({ settings: { fallback: "fail" } });
    strict.gateway.fleet.setState(`${gone}-0`, "dead");
    assert.equal((await call(strict.gateway, { body: ask() })).status, 503);
  }
});

async function leave(port: number, body: string, when: () => boolean): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => undefined);
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
  await eventually(when, "the leg is there");
  socket.destroy();
}

test("a client that leaves in the prefill leg: the leg is aborted, nothing is kept", async () => {
  const pd = await pdGateway({ worker: { engine: { speed: 1 } } });
  const { engine } = pd.prefill[0] ?? assert.fail();
  engine.live.pause();
  await leave(pd.gateway.port, ask(), () => engine.live.stats().waiting > 0);
  await eventually(() => engine.live.stats().waiting === 0, "aborted");
  engine.live.resume();
  await eventually(() => engine.live.stats().kvUsage === 0, "free");
  await eventually(() => pd.gateway.inflight === 0, "over");
  assert.equal(pd.decode[0]?.asked.length, 0);
});

test("a client that leaves in the decode leg while KV is on its way: both workers are free", async () => {
  const transfer = { kv_connector_extra_config: { simulated_link: { bytes_per_second: 1000, latency_ms: 1 } } };
  const pd = await pdGateway({ worker: { engine: { speed: 1 }, transfer } });
  const [from, to] = [pd.prefill[0]?.engine ?? assert.fail(), pd.decode[0]?.engine ?? assert.fail()];
  await leave(pd.gateway.port, ask({ stream: true }), () => to.live.stats().kvUsage > 0);
  await eventually(() => to.live.stats().kvUsage === 0, "the decode worker");
  await eventually(() => from.live.stats().kvUsage === 0, "the prefill worker");
  for (const { worker } of [...pd.prefill, ...pd.decode])
    assert.equal(worker.ledger.load.prefillRequests + worker.ledger.load.decodeRequests, 0);
});

test("a client that leaves while a bootstrap server is asked for the engine's id: no decode leg is sent", async () => {
  let answerNow: (() => void) | undefined;
  const bootstrap = await upstream((_asked, response) => {
    answerNow = () => void response.end(JSON.stringify({ "0": { engine_id: "e" } }));
  });
  const pd = await pdGateway({ settings: { connector: "mooncake", bootstrapPort: bootstrap.port } });
  if (pd.prefill[0]) pd.prefill[0].door = says(200, { id: "x", choices: [], usage: {} });
  await leave(pd.gateway.port, ask(), () => answerNow !== undefined);
  await eventually(() => pd.gateway.inflight === 0, "over");
  answerNow?.();
  await eventually(() => bootstrap.requests.length === 1, "its answer");
  // What follows it in the gateway happens within a few turns.
  await pause(50);
  assert.equal(pd.decode[0]?.asked.length, 0);
});

test("KV never moves: three served pairs whose worker counts no transferred token raise the alarm, one that does ends it", async () => {
  const pd = await pdGateway();
  const worker = pd.decode[0]?.worker as { gauges: object | undefined } | undefined;
  assert.ok(worker);
  const gauges = (externalKvTokens: number): object => ({
    at: performance.now(),
    running: 0,
    waiting: 0,
    kvUsage: 0,
    externalKvTokens,
  });
  const stalled = async (): Promise<boolean> =>
    /kv_transfer_stalled\{worker="decode-0"\} 1/.test(await pd.gateway.metrics.page());
  for (let i = 0; i < 3; i++) {
    worker.gauges = gauges(0);
    await call(pd.gateway, { body: ask() });
  }
  assert.equal(await stalled(), false, "its page was read before");
  worker.gauges = gauges(0);
  assert.equal(await stalled(), true);
  worker.gauges = gauges(500);
  assert.equal(await stalled(), false);
});
