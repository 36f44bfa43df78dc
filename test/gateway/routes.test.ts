// Which paths are forwarded, answered, refused; which model a request gets.
import assert from "node:assert/strict";
import { test } from "node:test";
import { FORWARDED_PATHS } from "../../src/gateway/index.ts";
import {
  type Answer,
  call,
  chat,
  testFleet,
  type TestGateway,
  testGateway,
  testWorker,
  unary,
  upstream,
} from "./harness.ts";

async function ready(names?: string[]): Promise<TestGateway & { seen: readonly { path: string; body: string }[] }> {
  const up = await upstream(unary);
  const gateway = await testGateway({ fleet: testFleet([testWorker("w1", up.origin)], names) });
  return Object.assign(gateway, { seen: up.requests });
}

function assertError(answer: Answer, status: number, message: RegExp): void {
  assert.equal(answer.status, status);
  assert.equal(answer.headers["content-type"], "application/json");
  const { error } = JSON.parse(answer.body);
  assert.deepEqual(Object.keys(error), ["message", "type", "param", "code"]);
  assert.match(error.message, message);
  assert.equal(error.code, status);
}

test("every inference path is forwarded to the same path of a worker", async () => {
  const gateway = await ready();
  for (const path of FORWARDED_PATHS) {
    const multipart = path.startsWith("/v1/audio/");
    const headers = { "content-type": multipart ? "multipart/form-data; boundary=b" : "application/json" };
    const body = multipart ? '--b\r\nContent-Disposition: form-data; name="model"\r\n\r\ntiny\r\n--b--\r\n' : chat();
    assert.equal((await call(gateway, { path, headers, body })).status, 200, path);
    assert.equal(gateway.seen.at(-1)?.path, path);
  }
});

const NEVER = [
  "/metrics",
  "/load",
  "/version",
  "/ping",
  "/server_info",
  "/reset_prefix_cache",
  "/sleep",
  "/wake_up",
  "/pause",
  "/resume",
  "/collective_rpc",
  "/abort_requests",
  "/start_profile",
  "/v1/load_lora_adapter",
  "/v1/unload_lora_adapter",
  "/scale_elastic_ep",
  "/kv_event_sources",
  "/inference/v1/generate",
  "/invocations",
  "/v1/responses/resp_1",
  "/v1/responses/resp_1/cancel",
  "/",
  "/v1",
  "/v1/",
  "/v1/chat/completions/",
  "//v1/chat/completions",
  "/V1/chat/completions",
  "/v1/chat/../completions",
  "/v1/chat%2fcompletions",
  "/v1/models/",
  "/__proto__",
  "/constructor",
];

test("dev and admin paths, and near misses, never reach a worker", async () => {
  const gateway = await ready();
  for (const path of NEVER) {
    for (const method of ["GET", "POST", "PUT", "DELETE"]) {
      const answer = await call(gateway, { path, method, ...(method === "POST" && { body: chat() }) });
      assertError(answer, 404, /There is no/);
    }
  }
  assert.equal(gateway.seen.length, 0);
});

test("a known path with another method: 405 and the right one", async () => {
  const gateway = await ready();
  const answer = await call(gateway, { path: "/v1/chat/completions", method: "GET" });
  assertError(answer, 405, /takes POST/);
  assert.equal(answer.headers["allow"], "POST");
  assertError(await call(gateway, { path: "/v1/models", method: "POST", body: "{}" }), 405, /takes GET/);
  assertError(await call(gateway, { path: "/health", method: "DELETE" }), 405, /takes GET/);
});

test("models: the union of the deployments, also when no worker is up", async () => {
  const workers = [
    testWorker("a", "http://127.0.0.1:9", { state: "dead" }),
    testWorker("b", "http://127.0.0.1:9", { state: "dead", model: "org/big model" }),
  ];
  const gateway = await testGateway({ fleet: testFleet(workers) });
  const list = JSON.parse((await call(gateway, { path: "/v1/models", method: "GET" })).body);
  assert.equal(list.object, "list");
  assert.deepEqual(
    list.data.map((one: { id: string }) => one.id),
    ["tiny", "org/big model"],
  );
  assert.equal(list.data[0].max_model_len, 2048);
  const one = await call(gateway, { path: "/v1/models/org%2Fbig%20model", method: "GET" });
  assert.equal(JSON.parse(one.body).id, "org/big model");
  assert.equal((await call(gateway, { path: "/v1/models/tiny?x=1", method: "GET" })).status, 200);
  assertError(await call(gateway, { path: "/v1/models/nope", method: "GET" }), 404, /does not exist/);
});

test("an unknown or wrong model never reaches a worker; a missing one means the only one", async () => {
  const gateway = await ready();
  const ask = (fields: object) => call(gateway, { body: JSON.stringify({ messages: [], ...fields }) });
  assertError(await ask({ model: "nope" }), 404, /The model `nope` does not exist/);
  assertError(await ask({ model: "" }), 404, /does not exist/);
  assertError(await ask({ model: "toString" }), 404, /does not exist/);
  assertError(await ask({ model: "x".repeat(10_000) }), 404, /^.{1,260}$/);
  assertError(await ask({ model: 7 }), 400, /model is not a string/);
  assert.equal(gateway.seen.length, 0);
  assert.equal((await ask({})).status, 200);
  assert.equal((await ask({ model: null })).status, 200);
  const page = await gateway.metrics.page();
  assert.ok(!page.includes("nope"), "an unknown name became a label");
});

test("a missing model among several: 404 that says so", async () => {
  const workers = [testWorker("a", "http://127.0.0.1:9"), testWorker("b", "http://127.0.0.1:9", { model: "other" })];
  const gateway = await testGateway({ fleet: testFleet(workers) });
  assertError(await call(gateway, { body: '{"messages":[]}' }), 404, /more than one/);
});

test("an alias is replaced by the name that the workers serve, and nothing else of the body changes", async () => {
  const gateway = await ready(["tiny", "gpt-4o"]);
  const answer = await call(gateway, { body: '{ "seed":1.0, "model" : "gpt-4o", "messages":[] }' });
  assert.equal(answer.status, 200);
  assert.equal(gateway.seen[0]?.body, '{ "seed":1.0, "model" : "tiny", "messages":[] }');
});

test("bad bodies: a 4xx that names the fault, and the worker never sees them", async () => {
  const gateway = await ready();
  const cases: readonly (readonly [string | Buffer, Record<string, string>, number, RegExp])[] = [
    ["", {}, 400, /empty/],
    ['{"model":', {}, 400, /not valid JSON/],
    ["[]", {}, 400, /array/],
    ['"text"', {}, 400, /string/],
    ["null", {}, 400, /null/],
    [Buffer.from([0x7b, 0xff, 0x7d]), {}, 400, /UTF-8/],
    [`{"a":${"[".repeat(500)}${"]".repeat(500)}}`, {}, 400, /nested/],
    [chat(), { "content-type": "text/plain" }, 400, /Content-Type is "text\/plain"/],
    [chat(), { "content-type": "" }, 400, /Content-Type/],
    [chat(), { "content-type": "application/json-patch+json" }, 400, /Content-Type/],
    [chat(), { "content-encoding": "gzip" }, 415, /Content-Encoding/],
  ];
  for (const [body, headers, status, message] of cases)
    assertError(await call(gateway, { body, headers }), status, message);
  assert.equal(gateway.seen.length, 0);
  assert.equal(
    (await call(gateway, { body: chat(), headers: { "content-type": "Application/JSON; charset=utf-8" } })).status,
    200,
  );
});

test("a body over the limit: 413, declared or chunked", async () => {
  const up = await upstream(unary);
  const gateway = await testGateway({ fleet: testFleet([testWorker("w1", up.origin)]), limits: { bodyBytes: 1000 } });
  const big = chat({ x: "y".repeat(2000) });
  assertError(await call(gateway, { body: big }), 413, /larger than 1000 bytes/);
  assertError(await call(gateway, { body: big, headers: { "transfer-encoding": "chunked" } }), 413, /larger than 1000/);
  assert.equal((await call(gateway, { body: chat() })).status, 200);
  assert.equal(up.requests.length, 1);
});

test("bodies of all requests together have a limit too, and its room comes back", async () => {
  const up = await upstream(unary);
  const fleet = testFleet([testWorker("w1", up.origin)]);
  const gateway = await testGateway({ fleet, options: { totalBodyBytes: 500 } });
  assertError(await call(gateway, { body: chat({ x: "y".repeat(600) }) }), 503, /as many request bodies/);
  for (let i = 0; i < 10; i++) assert.equal((await call(gateway, { body: chat({ x: "y".repeat(300) }) })).status, 200);
});

test("browsers on other origins are answered as vLLM's defaults do: preflight refused, answers marked, none allowed", async () => {
  const gateway = await ready();
  const origin = { origin: "https://app.example" };
  const asked = { ...origin, "access-control-request-method": "POST" };
  const preflight = await call(gateway, { method: "OPTIONS", headers: asked });
  assert.deepEqual([preflight.status, preflight.body], [400, "Disallowed CORS origin"]);
  assert.match(String(preflight.headers["access-control-allow-methods"]), /\bPOST\b/);
  assert.equal(gateway.seen.length, 0);
  for (const body of [chat(), "{"]) {
    const { headers } = await call(gateway, { headers: { ...origin, "content-type": "application/json" }, body });
    assert.deepEqual([headers["access-control-allow-origin"], headers.vary], [undefined, "Origin"], body);
  }
  assert.equal((await call(gateway, { method: "OPTIONS" })).status, 405);
});
