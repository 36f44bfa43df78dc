// Clients that leave, clients that do not read, idle sockets, keys.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import test from "node:test";
import { engineUnderTest, wait } from "./engine-under-test.ts";
import { postText } from "./raw-http.ts";

const engine = engineUnderTest({ speed: 5, maxModelLen: 100_000 });
const fast = engineUnderTest({ maxModelLen: 100_000 });
const locked = engineUnderTest({ apiKeys: ["k1", "k2"] });

function open(port: number, text: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.write(text);
      resolve(socket);
    });
    socket.on("error", reject);
  });
}

const LONG = { prompt: "Go on", max_tokens: 50_000, ignore_eos: true };
const running = (): number => engine.server.live.stats().running + engine.server.live.stats().waiting;

for (const how of ["end", "resetAndDestroy"] as const) {
  test(`a stream is taken back when its client leaves (${how})`, async () => {
    const socket = await open(
      engine.server.port,
      postText("/v1/completions", JSON.stringify({ ...LONG, stream: true })),
    );
    await once(socket, "data");
    await wait(() => running() === 1);
    socket[how]();
    await wait(() => running() === 0);
    socket.destroy();
  });

  test(`a unary request is taken back when its client leaves (${how})`, async () => {
    const body = JSON.stringify({ ...LONG, n: 3 });
    const socket = await open(engine.server.port, postText("/v1/completions", body));
    await wait(() => running() === 3);
    socket[how]();
    await wait(() => running() === 0);
    socket.destroy();
  });
}

test("a client that leaves in the middle of its body costs nothing", async () => {
  const text = postText("/v1/completions", JSON.stringify(LONG));
  const socket = await open(engine.server.port, text.slice(0, -10));
  socket.destroy();
  await once(socket, "close");
  assert.equal((await engine.get("/health")).status, 200);
  assert.equal(running(), 0);
});

test("a client that does not read gets merged chunks, and all of the text when it reads at last", async () => {
  // Twenty alternatives a token: far more bytes than the kernel's buffers take.
  const request = { ...LONG, max_tokens: 6000, temperature: 0, logprobs: 20, stream: true };
  const body = JSON.stringify({ ...request, stream_options: { include_usage: true } });
  const socket = await open(fast.server.port, postText("/v1/completions", body));
  socket.pause();
  await wait(() => fast.server.live.stats().running === 1);
  await wait(() => fast.server.live.stats().running === 0, 10_000);
  let text = "";
  let events = 0;
  socket.setEncoding("utf8");
  socket.on("data", (chunk: string) => {
    events += chunk.split("data: ").length - 1;
    text = (text + chunk).slice(-2000);
    if (text.includes("[DONE]")) socket.end();
  });
  socket.resume();
  await once(socket, "close");
  assert.match(text, /"completion_tokens":6000/);
  assert.ok(events < 6000, `${events} events for 6000 tokens`);
});

test("a key is asked for under /v1 only", async () => {
  const status = async (path: string, key?: string): Promise<string> => {
    const answer = await locked.get(path, key === undefined ? {} : { authorization: `Bearer ${key}` });
    return `${answer.status} ${(await answer.text()).slice(0, 24)}`;
  };
  assert.equal(await status("/v1/models"), '401 {"error":"Unauthorized"}');
  assert.equal(await status("/v1/models", "wrong"), '401 {"error":"Unauthorized"}');
  assert.equal(await status("/v1/nope"), '401 {"error":"Unauthorized"}');
  assert.match(await status("/v1/models", "k2"), /^200/);
  for (const path of ["/health", "/metrics", "/load", "/version", "/kv_event_sources"])
    assert.match(await status(path), /^200/);
});

test("the request id of the client is part of the answer's id and is echoed", async () => {
  const answer = await engine.post(
    "/v1/chat/completions",
    { messages: [{ role: "user", content: "hi" }], max_tokens: 1 },
    { "x-request-id": "gw-123" },
  );
  assert.equal(answer.headers.get("x-request-id"), "gw-123");
  assert.equal(((await answer.json()) as { id: string }).id, "chatcmpl-gw-123");
  const inBody = await engine.post("/v1/completions", { prompt: "hi", max_tokens: 1, request_id: "body-1" });
  assert.equal(((await inBody.json()) as { id: string }).id, "cmpl-body-1");
});

test("two requests with one id at once do not meet", async () => {
  const ask = () =>
    engine.post("/v1/completions", { prompt: "hi", max_tokens: 3, ignore_eos: true }, { "x-request-id": "same" });
  const answers = await Promise.all([ask(), ask()]);
  for (const answer of answers) assert.equal(answer.status, 200);
});

test("a non-zero priority needs the priority policy", async () => {
  const inBody = await engine.post("/v1/completions", { prompt: "hi", max_tokens: 1, priority: 3 });
  assert.equal(inBody.status, 400);
  const inHeader = await engine.post("/v1/completions", { prompt: "hi", max_tokens: 1 }, { "x-vllm-priority": "3" });
  assert.equal(inHeader.status, 400);
});
