// A leg that fails before the first byte reached the client is sent elsewhere; after it, the client is told the way vLLM tells.
import assert from "node:assert/strict";
import { createServer, type Server, type Socket } from "node:net";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import {
  type Behaviour,
  call,
  chat,
  chunk,
  eventually,
  streamed,
  testFleet,
  type TestGateway,
  testGateway,
  testWorker,
  unary,
  upstream,
} from "./harness.ts";

const SHUTTING_DOWN = JSON.stringify({
  error: { message: "cannot schedule new futures after shutdown", type: "InternalServerError", param: null, code: 500 },
});
const OVERLOADED = JSON.stringify({
  error: { message: "queue is full", type: "Service Unavailable", param: null, code: 503 },
});

/** Answers with `status` and `body`. */
const says =
  (status: number, body: string): Behaviour =>
  (_request, response) => {
    response.writeHead(status, { "content-type": "application/json" }).end(body);
  };
const resets: Behaviour = (_request, response) => void response.destroy();

async function pair(bad: Behaviour | "refuses", good: Behaviour = unary): Promise<TestGateway> {
  const first = await upstream(bad === "refuses" ? unary : bad);
  const second = await upstream(good);
  if (bad === "refuses") await first.close();
  return testGateway({ fleet: testFleet([testWorker("bad", first.origin), testWorker("good", second.origin)]) });
}

const RETRIED: readonly (readonly [string, Behaviour | "refuses", string, string])[] = [
  ["a refused connection", "refuses", "refused", "refused"],
  ["a reset before any byte", resets, "broken", "broken"],
  [
    "headers and then a reset",
    (_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
      setTimeout(() => response.destroy(), 20);
    },
    "broken",
    "broken",
  ],
  ["503 of an overloaded worker", says(503, OVERLOADED), "overloaded", "overloaded"],
  ["500 of a draining vLLM", says(500, SHUTTING_DOWN), "engine", "engine"],
  [
    "an engine that died before the first token",
    (_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.end(
        'data: {"error":{"message":"EngineCore encountered an issue.","type":"InternalServerError","param":null,"code":500}}\n\ndata: [DONE]\n\n',
      );
    },
    "engine",
    "engine",
  ],
  [
    "a unary answer that a shutdown aborted",
    says(200, '{"choices":[{"message":{"content":""},"finish_reason":"abort"}]}'),
    "engine",
    "engine",
  ],
  [
    "bytes that are no HTTP",
    (_request, response) => {
      response.socket?.end("this is not HTTP\r\n\r\n");
    },
    "broken",
    "broken",
  ],
];

for (const [what, bad, reason, outcome] of RETRIED) {
  for (const stream of [false, true]) {
    test(`${what} is retried elsewhere, ${stream ? "stream" : "unary"}`, async () => {
      const gateway = await pair(bad, stream ? streamed : unary);
      const answer = await call(gateway, { body: chat({ stream }) });
      assert.equal(answer.status, 200);
      assert.match(answer.body, /lo/);
      assert.deepEqual(
        gateway.fleet.reports.filter((one) => one.worker === "bad"),
        [{ worker: "bad", outcome }],
      );
      const page = await gateway.metrics.page();
      assert.match(page, new RegExp(`switchgear_retries_total\\{model="tiny",reason="${reason}"\\} 1`));
      const receipt = gateway.receipt(String(answer.headers["x-request-id"]));
      assert.deepEqual(
        receipt?.legs.map(({ worker, failure }) => [worker, failure]),
        [
          ["bad", reason],
          ["good", null],
        ],
      );
      assert.equal(new Set(receipt?.legs.map((leg) => leg.upstreamRequestId)).size, 2);
    });
  }
}

test("a socket that the only worker closed while it was idle: sent again to the same worker", async () => {
  let connections = 0;
  const up = await upstream(unary);
  // Closes each connection at its second request, as uvicorn does when its keep-alive ends in that very moment.
  up.server.on("connection", (socket: Socket) => {
    let requests = 0;
    connections += 1;
    socket.on("data", () => {
      if (++requests === 2) socket.destroy();
    });
  });
  const gateway = await testGateway({ fleet: testFleet([testWorker("w1", up.origin)]) });
  for (let i = 0; i < 3; i++) {
    const answer = await call(gateway, { body: chat() });
    assert.equal(answer.status, 200);
  }
  assert.ok(connections >= 2);
});

test("an error of the request itself is relayed as it is, not retried", async () => {
  const body = JSON.stringify({
    error: { message: "max_tokens must be at least 1", type: "BadRequestError", param: null, code: 400 },
  });
  const gateway = await pair(says(400, body));
  const answer = await call(gateway, { body: chat() });
  assert.equal(answer.status, 400);
  assert.equal(answer.body, body);
});

test("a 500 that may have run is relayed, not retried", async () => {
  const body = '{"error":{"message":"CUDA error","type":"InternalServerError","param":null,"code":500}}';
  const gateway = await pair(says(500, body));
  const answer = await call(gateway, { body: chat() });
  assert.equal(answer.status, 500);
  assert.equal(answer.body, body);
});

test("when every worker is overloaded, the worker's own words reach the client", async () => {
  const gateway = await pair(says(503, OVERLOADED), says(503, OVERLOADED));
  const answer = await call(gateway, { body: chat() });
  assert.equal(answer.status, 503);
  assert.equal(answer.body, OVERLOADED);
  // vLLM sends none.
  assert.equal(answer.headers["retry-after"], "1");
});

test("without any reachable worker: 502, OpenAI-shaped, and the gateway lives", async () => {
  const up = await upstream(unary);
  await up.close();
  const gateway = await testGateway({ fleet: testFleet([testWorker("w1", up.origin)]) });
  const answer = await call(gateway, { body: chat() });
  assert.equal(answer.status, 502);
  assert.deepEqual(Object.keys(JSON.parse(answer.body).error), ["message", "type", "param", "code"]);
  assert.equal((await call(gateway, { path: "/health", method: "GET" })).status, 200);
});

test("the retry budget is spent once and earned back by requests", async () => {
  const gateway = await pair(says(503, OVERLOADED));
  const statuses: number[] = [];
  for (let i = 0; i < 60; i++) statuses.push((await call(gateway, { body: chat() })).status);
  const refused = statuses.filter((status) => status === 503).length;
  assert.ok(refused > 0, "an endless budget");
  const page = await gateway.metrics.page();
  assert.match(page, /switchgear_retries_denied_total\{model="tiny",reason="budget"\}/);
  const retries = Number(/switchgear_retries_total\{[^}]*\} (\d+)/.exec(page)?.[1]);
  assert.ok(retries <= 10 + 60 * 0.2, `${retries} retries`);
});

test("a stream that breaks off in mid-event: closed event, error event, [DONE]", async () => {
  const gateway = await pair((_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(`${chunk({ role: "assistant", content: "" })}${chunk({ content: "Hel" })}data: {"id":"chat`);
    setTimeout(() => response.destroy(), 30);
  });
  const answer = await call(gateway, { body: chat({ stream: true, stream_options: { include_usage: true } }) });
  assert.equal(answer.status, 200);
  assert.ok(answer.complete);
  const events = answer.body.split("\n\n");
  assert.equal(events.at(-2), "data: [DONE]");
  assert.equal(JSON.parse((events.at(-3) ?? "").slice(6)).error.code, 502);
  assert.match(await gateway.metrics.page(), /outcome="interrupted",status="200"\} 1/);
});

test("bug: a stream whose worker ended it without an end was taken for whole: an error event, [DONE], and it counts as broken", async () => {
  for (const said of [chunk({ content: "Hel" }), `${chunk({ content: "Hel" })}data: {"id":"x","choi`, ""])
    for (const usage of [true, false]) {
      const up = await upstream((_request, response) => {
        response.writeHead(200, { "content-type": "text/event-stream" });
        response.end(said);
      });
      const fleet = testFleet([testWorker("w1", up.origin)]);
      const gateway = await testGateway({ fleet, limits: { retries: 0 } });
      const options = usage ? { stream_options: { include_usage: true } } : {};
      const answer = await call(gateway, { body: chat({ stream: true, ...options }) });
      assert.ok(answer.complete);
      const events = answer.body.split("\n\n");
      assert.deepEqual(events.slice(-2), ["data: [DONE]", ""]);
      assert.match(events.at(-3) ?? "", /^data: \{"error":\{"message":"The worker closed the connection/);
      assert.equal(fleet.reports.at(-1)?.outcome, "broken");
      assert.match(await gateway.metrics.page(), /requests_total\{[^}]*outcome="interrupted"[^}]*\} 1/);
    }
});

test("a stream of the messages route breaks off as Anthropic's does", async () => {
  const gateway = await pair((_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write('event: message_start\ndata: {"type":"message_start"}\n\n');
    setTimeout(() => response.destroy(), 30);
  });
  const answer = await call(gateway, { path: "/v1/messages", body: chat({ stream: true }) });
  assert.match(answer.body, /\n\nevent: error\ndata: \{"type":"error","error":\{"type":"api_error",/);
});

test("a whole body that breaks off is asked for elsewhere: nothing of it has reached the client", async () => {
  const gateway = await pair((_request, response) => {
    response.writeHead(200, { "content-type": "application/json", "content-length": 1000 });
    response.write('{"id":');
    setTimeout(() => response.destroy(), 30);
  });
  const answer = await call(gateway, { body: chat() });
  assert.deepEqual([answer.status, answer.complete], [200, true]);
  assert.equal(JSON.parse(answer.body).choices[0].message.content, "Hello");
});

test("a whole body that a shutdown aborted after a long text is asked for elsewhere", async () => {
  const text = "word ".repeat(10_000);
  const gateway = await pair(
    says(200, JSON.stringify({ choices: [{ message: { content: text }, finish_reason: "abort" }] })),
  );
  const answer = await call(gateway, { body: chat() });
  assert.equal(JSON.parse(answer.body).choices[0].message.content, "Hello");
});

test("a whole body that is too long to be held cuts the client's connection when it breaks off, so that nobody takes it for complete", async () => {
  const begun = `{"id":"${"x".repeat(1 << 20)}`;
  const gateway = await pair((_request, response) => {
    response.writeHead(200, { "content-type": "application/json", "content-length": 2 << 20 });
    response.write(begun);
    setTimeout(() => response.destroy(), 100);
  });
  const answer = await call(gateway, { body: chat() });
  assert.equal(answer.body, begun);
  assert.equal(answer.complete, false);
  assert.match(await gateway.metrics.page(), /outcome="interrupted",status="200"\} 1/);
});

test("an upstream 429 in mid-stream ends cleanly and is counted", async () => {
  const event =
    'data: {"error":{"message":"too many","type":"RateLimitError","param":null,"code":429}}\n\ndata: [DONE]\n\n';
  const gateway = await pair((_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(chunk({ content: "Hel" }));
    response.end(event);
  });
  const answer = await call(gateway, { body: chat({ stream: true }) });
  assert.ok(answer.body.endsWith(event));
  assert.match(await gateway.metrics.page(), /outcome="interrupted",status="200"\} 1/);
});

test("a stream that hangs on a worker that no longer listens fails after 2 s of silence", async () => {
  // As vLLM after SIGTERM: the listener is closed, the open stream stays without a byte or an end.
  const server: Server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => {
      const event = chunk({ role: "assistant", content: "" }) + chunk({ content: "Hel" });
      const head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
      socket.write(`${head}${Buffer.byteLength(event).toString(16)}\r\n${event}\r\n`);
      server.close();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const gateway = await testGateway({ fleet: testFleet([testWorker("w1", `http://127.0.0.1:${port}`)]) });
  const answer = await call(gateway, { body: chat({ stream: true }) });
  assert.match(answer.body, /no longer listens/);
  assert.ok(answer.body.endsWith("data: [DONE]\n\n"));
  assert.deepEqual(gateway.fleet.reports.at(-1), { worker: "w1", outcome: "refused" });
});

test("a lone worker that its probes call dead may only have stalled: its requests wait for it", async () => {
  const held: (() => void)[] = [];
  const stalled = await upstream((request, response) => void held.push(() => unary(request, response)));
  const fleet = testFleet([testWorker("w1", stalled.origin)]);
  const gateway = await testGateway({ fleet });
  const answer = call(gateway, { body: chat() });
  await eventually(() => held.length === 1, "sent");
  fleet.setState("w1", "dead");
  await new Promise((resolve) => void setTimeout(resolve, 3500));
  assert.deepEqual(fleet.reports, []);
  for (const release of held) release();
  assert.equal((await answer).status, 200);
});

test("where another worker can take it, a silent leg leaves a worker that its probes call dead", async () => {
  const stalled = await upstream(() => {});
  const good = await upstream(unary);
  const fleet = testFleet([testWorker("w1", stalled.origin), testWorker("w2", good.origin, { state: "starting" })]);
  const gateway = await testGateway({ fleet });
  const answer = call(gateway, { body: chat() });
  await eventually(() => gateway.inflight === 1, "sent");
  fleet.setState("w1", "dead");
  fleet.setState("w2", "ready");
  assert.equal((await answer).status, 200);
});

test("when all workers are gone: a clear 503 with Retry-After, and service again once one is back", async () => {
  const up = await upstream(unary);
  const fleet = testFleet([testWorker("w1", up.origin, { state: "dead" })]);
  const gateway = await testGateway({ fleet });
  const answer = await call(gateway, { body: chat() });
  assert.equal(answer.status, 503);
  assert.equal(answer.headers["retry-after"], "1");
  assert.equal((await call(gateway, { path: "/v1/models", method: "GET" })).status, 200);
  assert.equal((await call(gateway, { path: "/ready", method: "GET" })).status, 503);
  fleet.setState("w1", "ready");
  assert.equal((await call(gateway, { body: chat() })).status, 200);
  assert.equal((await call(gateway, { path: "/ready", method: "GET" })).status, 200);
});

test("the queue for a worker is bounded, in order, and served when a worker comes", async () => {
  const up = await upstream(unary);
  const fleet = testFleet([testWorker("w1", up.origin, { state: "starting" })]);
  const gateway = await testGateway({ fleet, limits: { queueLength: 3, queueTimeoutMs: 5000 } });
  const waiting: Promise<{ status: number }>[] = [];
  for (let i = 0; i < 3; i++) {
    waiting.push(call(gateway, { body: chat({ n: i + 1 }) }));
    await eventually(() => gateway.inflight === i + 1, "waiting");
  }
  const full = await call(gateway, { body: chat() });
  assert.equal(full.status, 503);
  assert.equal(full.headers["retry-after"], "1");
  fleet.setState("w1", "ready");
  for (const one of waiting) assert.equal((await one).status, 200);
});

test("a request that waited too long for a worker gets 503", async () => {
  const up = await upstream(unary);
  const fleet = testFleet([testWorker("w1", up.origin, { state: "starting" })]);
  const gateway = await testGateway({ fleet, limits: { queueLength: 3, queueTimeoutMs: 50 } });
  assert.equal((await call(gateway, { body: chat() })).status, 503);
});
