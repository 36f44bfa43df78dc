// A client that leaves is noticed in every phase, its upstream request aborted at once, its load taken off the books.
import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { test } from "node:test";
import {
  type Behaviour,
  chat,
  chunk,
  eventually,
  type TestGateway,
  testFleet,
  testGateway,
  testWorker,
  type Upstream,
  upstream,
  within,
} from "./harness.ts";

interface Scene {
  readonly gateway: TestGateway;
  readonly up: Upstream;
  readonly socket: Socket;
}

async function scene(behave: Behaviour, body: string): Promise<Scene> {
  const up = await upstream(behave);
  const gateway = await testGateway({ fleet: testFleet([testWorker("w1", up.origin)]) });
  const socket = connect({ port: gateway.port, host: "127.0.0.1" });
  socket.on("error", () => {});
  socket.write(post(body));
  await eventually(() => up.requests.length === 1, "the request at the worker");
  return { gateway, up, socket };
}

function post(body: string, length = Buffer.byteLength(body)): string {
  return `POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n${body}`;
}

async function leaves({ gateway, up, socket }: Scene, phase: string): Promise<void> {
  socket.destroy();
  await within(up.requests[0]?.aborted ?? Promise.reject(new Error("no request")), "abort at the worker");
  await eventually(() => gateway.inflight === 0, "the end of the request");
  const page = await gateway.metrics.page();
  assert.match(page, new RegExp(`switchgear_aborts_total\\{model="tiny",phase="${phase}"\\} 1`));
  const { tokensPerCount: _one, ...load } = { ...gateway.fleet.list[0]?.ledger.load };
  const figures = Object.values(load).flatMap((one) =>
    typeof one === "number" ? [one] : Array.from(one ?? [], Number),
  );
  assert.deepEqual(new Set(figures), new Set([0]));
}

for (const stream of [true, false]) {
  const kind = stream ? "stream" : "unary";
  test(`${kind}: before the worker's headers`, async () => {
    await leaves(await scene(() => {}, chat({ stream })), "waiting");
  });

  test(`${kind}: after headers, before the first byte of the body`, async () => {
    const behave: Behaviour = (_request, response) => response.writeHead(200).flushHeaders();
    await leaves(await scene(behave, chat({ stream })), "waiting");
  });
}

test("stream: between tokens", async () => {
  const one = await scene(
    (_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(chunk({ role: "assistant", content: "" }) + chunk({ content: "Hel" }));
    },
    chat({ stream: true }),
  );
  await new Promise((resolve) => one.socket.once("data", resolve));
  await leaves(one, "streaming");
});

test("unary: in the middle of a body that is still held", async () => {
  const one = await scene((_request, response) => {
    response.writeHead(200, { "content-type": "application/json", "content-length": 1000 });
    response.write('{"id":');
  }, chat());
  await leaves(one, "waiting");
});

test("unary: in the middle of a long body", async () => {
  const one = await scene((_request, response) => {
    response.writeHead(200, { "content-type": "application/json", "content-length": 2 << 20 });
    response.write(`{"id":"${"x".repeat(1 << 20)}`);
  }, chat());
  await new Promise((resolve) => one.socket.once("data", resolve));
  await leaves(one, "streaming");
});

test("a client that takes nothing and leaves", async () => {
  const one = await scene(
    (_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      const block = Buffer.from(chunk({ content: "x".repeat(65_536) }));
      const pump = () => {
        while (!response.destroyed && response.write(block));
      };
      response.on("drain", pump);
      pump();
    },
    chat({ stream: true, stream_options: { include_usage: true } }),
  );
  one.socket.pause();
  await eventually(() => (one.gateway.fleet.list[0]?.ledger.load.decodeRequests ?? 0) === 1, "streaming");
  await leaves(one, "streaming");
});

test("while its body is still being read: no worker is asked", async () => {
  const up = await upstream(() => {});
  const gateway = await testGateway({ fleet: testFleet([testWorker("w1", up.origin)]) });
  const socket = connect({ port: gateway.port, host: "127.0.0.1" });
  socket.write(post('{"model":', 500));
  await eventually(() => gateway.inflight === 1, "the request");
  socket.destroy();
  await eventually(() => gateway.inflight === 0, "its end");
  assert.match(await gateway.metrics.page(), /switchgear_aborts_total\{model="unknown",phase="reading"\} 1/);
  assert.equal(up.requests.length, 0);
});

test("while it waits for a worker: its place in the queue is free again", async () => {
  const up = await upstream(() => {});
  const fleet = testFleet([testWorker("w1", up.origin, { state: "starting" })]);
  const gateway = await testGateway({ fleet, limits: { queueLength: 1, queueTimeoutMs: 10_000 } });
  const socket = connect({ port: gateway.port, host: "127.0.0.1" });
  socket.write(post(chat()));
  await eventually(() => gateway.inflight === 1, "the request");
  socket.destroy();
  await eventually(() => gateway.inflight === 0, "its end");
  fleet.setState("w1", "ready");
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(up.requests.length, 0);
});
