// Input that is meant to hurt, on real sockets: slow clients, bombs, tricks with paths, names and headers.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { test, type TestContext } from "node:test";
import { gzipSync } from "node:zlib";
import type { GatewayOptions } from "../../src/gateway/index.ts";
import { httpServer } from "../../src/gateway/front/http-server.ts";
import { createLog } from "../../src/telemetry/index.ts";
import {
  type Behaviour,
  call,
  chat,
  eventually,
  raw,
  testFleet,
  testGateway,
  testWorker,
  unary,
  upstream,
  within,
} from "./harness.ts";

const FAST = { front: { slowness: { head: 200, body: 400, taking: 300 } } };

async function before(options: Partial<GatewayOptions> = {}, behave: Behaviour = unary) {
  const up = await upstream(behave);
  const gateway = await testGateway({
    fleet: testFleet([testWorker("w1", up.origin)]),
    options,
    ...(options.bodyBytes !== undefined && { limits: { bodyBytes: options.bodyBytes } }),
  });
  return { gateway, up };
}

const HEAD = "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";

function open(port: number, t: TestContext): Socket {
  const socket = connect({ port, host: "127.0.0.1" });
  socket.on("error", () => {});
  t.after(() => void socket.destroy());
  return socket;
}

/** Sends a byte every 20 ms for as long as it may; resolves with what came back once the connection has ended. */
function trickle(socket: Socket, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    let at = 0;
    const timer = setInterval(() => socket.write(bytes[at++ % bytes.length] ?? ""), 20);
    socket.on("data", (chunk) => (text += String(chunk)));
    socket.on("close", () => {
      clearInterval(timer);
      resolve(text);
    });
  });
}

test("a head that comes byte by byte, or never: 408, and the connection ends", async (t) => {
  const { gateway } = await before(FAST);
  const socket = open(gateway.port, t);
  socket.write("POST /v1/chat/completions HTTP/1.1\r\nX-Slow: ");
  assert.match(await within(trickle(socket, "a"), "the end", 3000), /^HTTP\/1\.1 408 /);
  await within(new Promise((done) => open(gateway.port, t).on("close", done).resume()), "the silent one's end", 3000);
  assert.equal(gateway.inflight, 0);
});

test("a body that comes byte by byte: 408, its room is given back, no worker sees it", async (t) => {
  const { gateway, up } = await before(FAST);
  const socket = open(gateway.port, t);
  socket.write(`${HEAD}Content-Length: 100000\r\n\r\n{`);
  await within(trickle(socket, " "), "the end", 3000);
  await eventually(
    async () => / 0$/m.test(line(await gateway.metrics.page(), "switchgear_request_body_bytes")),
    "room",
  );
  assert.deepEqual([gateway.inflight, up.requests.length], [0, 0]);
});

test("a client that never takes the last bytes of its answer is cut, and its request's memory is given back", async (t) => {
  const big = Buffer.alloc(16 << 20, 32);
  const closed = Promise.withResolvers<void>();
  const { server } = httpServer(
    (_request, response) => {
      response.on("close", closed.resolve);
      response.end(big);
    },
    { tls: undefined, slowness: { taking: 200 } },
  );
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  t.after(() => void server.close());
  const socket = open((server.address() as AddressInfo).port, t).pause();
  socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  // Its room is given back by the same event.
  await within(closed.promise, "the cut", 4000);
});

test("a client that takes slowly but steadily is not cut", async (t) => {
  const big = Buffer.alloc(12 << 20, 32);
  const { gateway } = await before({ front: { slowness: { taking: 300 } } }, (_request, response) => {
    response.writeHead(200, { "content-type": "application/json", "content-length": big.length }).end(big);
  });
  const socket = open(gateway.port, t);
  const body = chat();
  socket.write(`${HEAD}Connection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  let taken = 0;
  const ended = new Promise<void>((resolve) => socket.on("close", () => resolve()));
  socket.on("data", (chunk) => {
    taken += chunk.length;
    socket.pause();
    setTimeout(() => socket.resume(), 5);
  });
  await within(ended, "the whole answer", 15_000);
  assert.ok(taken > big.length, `${taken}`);
});

const line = (page: string, name: string): string => page.split("\n").find((one) => one.startsWith(`${name} `)) ?? "";

test("header bombs: too many bytes or too many fields never reach a worker", async () => {
  const { gateway, up } = await before();
  const long = await raw(gateway.port, `${HEAD}X-Long: ${"a".repeat(100_000)}\r\n\r\n`);
  assert.match(long, /^HTTP\/1\.1 431 /);
  const many = Array.from({ length: 5000 }, (_, i) => `X-${i}: a`).join("\r\n");
  assert.match(await raw(gateway.port, `${HEAD}${many}\r\n\r\n`), /^HTTP\/1\.1 431 /);
  assert.match(
    await raw(gateway.port, `GET /${"a".repeat(100_000)} HTTP/1.1\r\nHost: x\r\n\r\n`),
    /^HTTP\/1\.1 (414|431) /,
  );
  assert.equal(up.requests.length, 0);
  assert.equal((await call(gateway, { body: chat() })).status, 200);
});

test("body bombs: a huge declared length, endless chunks, compressed bodies", async (t) => {
  const { gateway, up } = await before({ bodyBytes: 10_000 });
  assert.match(await raw(gateway.port, `${HEAD}Content-Length: 999999999999\r\n\r\n`), /^HTTP\/1\.1 413 /);
  const socket = open(gateway.port, t);
  socket.write(`${HEAD}Transfer-Encoding: chunked\r\n\r\n`);
  const chunk = `1000\r\n${"x".repeat(4096)}\r\n`;
  const timer = setInterval(() => socket.write(chunk), 1);
  t.after(() => clearInterval(timer));
  const answer = await within(
    new Promise<string>((resolve) => socket.on("data", (bytes) => resolve(String(bytes)))),
    "413",
  );
  assert.match(answer, /^HTTP\/1\.1 413 /);
  await within(new Promise((done) => socket.on("close", done)), "the connection's end");
  const zipped = gzipSync(chat({ x: "a".repeat(1_000_000) }));
  const headers = { "content-type": "application/json", "content-encoding": "gzip" };
  const packed = await call(gateway, { headers, body: zipped });
  assert.ok(packed.status === 415 || packed.status === 400, `${packed.status}`);
  assert.equal(up.requests.length, 0);
});

test("an endless body for a path that takes none, or without the key, is cut after its answer", async (t) => {
  const { gateway } = await before({ front: { keys: ["k"] } });
  for (const [path, status] of [
    ["/v1/chat/completions", 401],
    ["/nothing", 404],
    ["/health", 405],
  ] as const) {
    const socket = open(gateway.port, t);
    const got = new Promise<string>((resolve) => socket.once("data", (bytes) => resolve(String(bytes))));
    const closed = new Promise((done) => socket.on("close", done));
    socket.write(
      `POST ${path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1000\r\n${"x".repeat(4096)}\r\n`,
    );
    assert.ok((await within(got, path)).startsWith(`HTTP/1.1 ${status} `), path);
    await within(closed, `${path}: the end`);
  }
});

test("JSON a hundred thousand levels deep is answered or forwarded, and the process lives", async () => {
  const { gateway } = await before();
  const deep = (open: string, close: string) => open.repeat(100_000) + close.repeat(100_000);
  for (const body of [
    deep("[", "]"),
    `{"model":"tiny","messages":${deep("[", "]")}}`,
    `{"model":"tiny","x":${deep('{"a":', "1")}`,
  ]) {
    const { status } = await call(gateway, { body });
    assert.ok(status === 200 || (status >= 400 && status < 500), `${status}`);
  }
  assert.equal((await call(gateway, { body: chat() })).status, 200);
});

test("keys of prototypes in body and path are names like any other, and pollute nothing", async () => {
  const { gateway, up } = await before();
  const body = `{"model":"tiny","messages":[],"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"stream_options":{"__proto__":{"polluted":1}}}`;
  await call(gateway, { body });
  assert.equal(({} as Record<string, unknown>)["polluted"], undefined);
  assert.equal(up.requests.length, 1);
  for (const model of ["__proto__", "constructor", "toString", "hasOwnProperty"]) {
    assert.equal((await call(gateway, { body: chat({ model }) })).status, 404, model);
    assert.equal((await call(gateway, { method: "GET", path: `/v1/models/${model}` })).status, 404, model);
    assert.equal((await call(gateway, { path: `/${model}`, body: "{}" })).status, 404, model);
  }
});

test("a name that stands twice in a body is forwarded as it came, and both readers mean the same model", async () => {
  const { gateway, up } = await before();
  const twice = `{"model":"nope","model":"tiny","messages":[],"kv_transfer_params":1,"kv_transfer_params":{"a":1}}`;
  assert.equal((await call(gateway, { body: twice })).status, 200);
  // Python's json, as JSON.parse, takes the last one.
  assert.equal((JSON.parse(up.requests[0]?.body ?? "{}") as { model: string }).model, "tiny");
  assert.ok(!(up.requests[0]?.body ?? "").includes("kv_transfer_params"));
  assert.equal((await call(gateway, { body: `{"model":"tiny","model":"nope","messages":[]}` })).status, 404);
});

const TRICKS = [
  "//v1/chat/completions",
  "/v1//chat/completions",
  "/v1/./chat/completions",
  "/v1/../v1/chat/completions",
  "/health/../v1/chat/completions",
  "/v1/%2e%2e/v1/chat/completions",
  "/%76%31/chat/completions",
  "/v1/chat/completions/",
  "/v1/chat/completions%00",
  "/v1/chat/completions;a=b",
  "/v1\\chat\\completions",
  "/V1/chat/completions",
  "http://127.0.0.1:9/v1/chat/completions",
  "http://x/v1/chat/completions",
  "/v1/load_lora_adapter",
  "/pause",
  "/sleep",
];

test("tricks with paths reach no worker, with and without a key", async () => {
  const { gateway, up } = await before();
  for (const path of TRICKS) {
    const body = chat();
    const bytes = `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`;
    assert.match(await raw(gateway.port, bytes), /^HTTP\/1\.1 40[045] /, path);
  }
  assert.equal(up.requests.length, 0);
});

test("no way around the key: every forwarded path under /v1 wants it, however it is written", async () => {
  const { gateway, up } = await before({ front: { keys: ["k"], rootPath: "/a" } });
  for (const path of [...TRICKS, "/v1/chat/completions", "/a/v1/chat/completions", "/v1/chat/completions?a=/health"]) {
    const body = chat();
    const bytes = `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`;
    assert.match(await raw(gateway.port, bytes), /^HTTP\/1\.1 40[0145] /, path);
  }
  assert.equal(up.requests.length, 0);
});

test("a log line stays one line of JSON whatever names, ids and headers hold", async () => {
  const lines: string[] = [];
  const log = createLog({ level: "debug", destination: { write: (one) => void lines.push(one) } });
  const { gateway } = await before({ log });
  const nasty = 'a\n{"level":"error"}\r\n\u001b[31mred\u0000\u2028';
  await call(gateway, { body: chat({ model: nasty, request_id: nasty, user: nasty }) });
  await call(gateway, { body: chat({ request_id: nasty, cache_salt: nasty }) });
  await call(gateway, {
    headers: { "content-type": "application/json", "x-request-id": "a\u001b[31m".replace("\u001b", "%1b") },
    body: chat(),
  });
  await call(gateway, { path: "/v1/%0a%1b[31m", body: "{}" });
  assert.ok(lines.length > 0);
  for (const one of lines) {
    assert.equal(one.indexOf("\n"), one.length - 1, one);
    // oxlint-disable-next-line no-control-regex
    assert.doesNotMatch(one.slice(0, -1), /[\u0000-\u001f]/);
    JSON.parse(one);
  }
});

test("labels of metrics are names of the deployment, never a client's words", async () => {
  const { gateway } = await before();
  for (let i = 0; i < 50; i++) {
    await call(gateway, { body: chat({ model: `evil"} 1\nfake_metric{a="${i}` }) });
    await call(gateway, { path: `/evil-${i}`, body: "{}" });
  }
  const page = await gateway.metrics.page();
  assert.doesNotMatch(page, /evil|fake_metric/);
  assert.ok(page.split("\n").filter((one) => one.startsWith("switchgear_requests_total")).length < 10);
});

test("nothing that a client names is fetched, and no header of a client chooses where its request goes", async (t) => {
  let visits = 0;
  const canary = createServer((_request, response) => {
    visits += 1;
    response.end("{}");
  });
  canary.on("connection", () => (visits += 1));
  await new Promise<void>((done) => canary.listen(0, "127.0.0.1", done));
  t.after(() => void canary.close());
  const address = `127.0.0.1:${(canary.address() as AddressInfo).port}`;
  const { gateway, up } = await before();
  const url = `http://${address}/x`;
  const content = [
    { type: "image_url", image_url: { url } },
    { type: "audio_url", audio_url: { url } },
  ];
  const body = chat({
    messages: [{ role: "user", content }],
    tools: [{ type: "function", function: { name: "a", parameters: { $ref: url } } }],
  });
  const headers = {
    "content-type": "application/json",
    host: address,
    "x-forwarded-host": address,
    "x-forwarded-for": address,
    forwarded: `host=${address}`,
    "x-upstream": url,
    "x-worker": url,
    "x-original-url": url,
    "x-rewrite-url": url,
  };
  assert.equal((await call(gateway, { headers, body })).status, 200);
  assert.equal(visits, 0);
  assert.equal(up.requests.length, 1);
  const [{ headers: seen } = { headers: {} as Record<string, unknown> }] = up.requests;
  assert.equal(seen["host"], new URL(up.origin).host);
  for (const name of Object.keys(headers).slice(2)) assert.equal(seen[name], undefined, name);
  assert.equal(up.requests[0]?.body, body);
});

test("refusals of the messages route have Anthropic's shape where vLLM's have it", async () => {
  const { gateway } = await before();
  const ask = (body: string) => call(gateway, { path: "/v1/messages", body });
  const unknown = await ask(chat({ model: "nope", max_tokens: 1 }));
  assert.equal(unknown.status, 404);
  assert.deepEqual(JSON.parse(unknown.body), {
    type: "error",
    error: { type: "NotFoundError", message: "The model `nope` does not exist." },
  });
  // A body that cannot be read is told as on the other routes, as by vLLM.
  assert.ok("error" in (JSON.parse((await ask("{")).body) as object));
  assert.equal((JSON.parse((await ask("{")).body) as { type?: string }).type, undefined);
  const down = await testGateway({ fleet: testFleet([testWorker("w1", "http://127.0.0.1:9", { state: "dead" })]) });
  const refused = await call(down, { path: "/v1/messages", body: chat({ max_tokens: 1 }) });
  assert.equal(refused.status, 503);
  assert.equal((JSON.parse(refused.body) as { error: { type: string } }).error.type, "ServiceUnavailableError");
  assert.equal((JSON.parse(refused.body) as { type: string }).type, "error");
});
