// Each limit fires on its own: connect, first byte, idle between tokens, total, a client that takes nothing.
import assert from "node:assert/strict";
import { connect } from "node:net";
import { test } from "node:test";
import {
  type Behaviour,
  call,
  chat,
  chunk,
  eventually,
  testFleet,
  testGateway,
  testWorker,
  unary,
  upstream,
} from "./harness.ts";

const silent: Behaviour = () => {};
const oneToken: Behaviour = (_request, response) => {
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.write(chunk({ content: "Hel" }));
};
const drips: Behaviour = (_request, response) => {
  response.writeHead(200, { "content-type": "text/event-stream" });
  const timer = setInterval(() => response.write(chunk({ content: "x" })), 20);
  response.on("close", () => clearInterval(timer));
};

async function before(behave: Behaviour, limits: object) {
  const up = await upstream(behave);
  return testGateway({ fleet: testFleet([testWorker("w1", up.origin)]), limits });
}

test("first byte: 504, the worker is reported as slow, nothing is sent elsewhere", async () => {
  const gateway = await before(silent, { firstByteTimeoutMs: 100 });
  const answer = await call(gateway, { body: chat() });
  assert.equal(answer.status, 504);
  assert.match(answer.body, /first_byte/);
  assert.deepEqual(gateway.fleet.reports, [{ worker: "w1", outcome: "slow" }]);
});

test("idle between tokens: the stream ends with an error event", async () => {
  const gateway = await before(oneToken, { idleTimeoutMs: 100 });
  const answer = await call(gateway, { body: chat({ stream: true }) });
  assert.match(answer.body, /limit: idle/);
  assert.ok(answer.body.endsWith("data: [DONE]\n\n"));
});

test("total: before the first byte 504, in a stream an error event", async () => {
  const waiting = await before(silent, { totalTimeoutMs: 150 });
  assert.equal((await call(waiting, { body: chat() })).status, 504);
  const streaming = await before(drips, { totalTimeoutMs: 150 });
  assert.match((await call(streaming, { body: chat({ stream: true }) })).body, /limit: total/);
  assert.deepEqual(streaming.fleet.reports, [{ worker: "w1", outcome: "ok" }]);
});

test("connect: an address that does not answer fails within the limit", async () => {
  // TEST-NET-1: packets to it go nowhere, or the network says so at once.
  const fleet = testFleet([testWorker("w1", "http://192.0.2.1:9")]);
  const gateway = await testGateway({ fleet, limits: { connectTimeoutMs: 200, retries: 0 } });
  const answer = await call(gateway, { body: chat() });
  assert.equal(answer.status, 502);
  assert.deepEqual(fleet.reports, [{ worker: "w1", outcome: "refused" }]);
});

test("a client that takes nothing: the worker is paused, memory stays bounded, then the client is cut", async () => {
  let sent = 0;
  const gateway = await before(
    (_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      const block = chunk({ content: "x".repeat(65_536) });
      const pump = () => {
        do sent += block.length;
        while (!response.destroyed && response.write(block));
      };
      response.on("drain", pump);
      pump();
    },
    { idleTimeoutMs: 300 },
  );
  const socket = connect({ port: gateway.port, host: "127.0.0.1" });
  socket.on("error", () => {});
  socket.pause();
  const body = chat({ stream: true });
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  await eventually(() => gateway.inflight === 1 && sent > 0, "the stream");
  await eventually(() => gateway.inflight === 0, "the cut", 3000);
  assert.ok(sent < 64 << 20, `${sent} bytes were taken from the worker`);
  assert.match(await gateway.metrics.page(), /outcome="aborted"/);
  // The worker did nothing wrong.
  assert.ok(gateway.fleet.reports.every((one) => one.outcome === "ok"));
});

test("bug: a whole answer that fell silent while it was still held was given up instead of asked for elsewhere", async () => {
  const stalls = await upstream((_request, response) => {
    response.writeHead(200, { "content-type": "application/json", "content-length": 500 });
    response.write('{"choices":');
  });
  const well = await upstream(unary);
  const fleet = testFleet([testWorker("stalls", stalls.origin), testWorker("well", well.origin)]);
  const gateway = await testGateway({ fleet, limits: { idleTimeoutMs: 100 } });
  const answer = await call(gateway, { body: chat() });
  assert.equal(answer.status, 200);
  assert.match(answer.body, /Hello/);
  assert.deepEqual(fleet.reports[0], { worker: "stalls", outcome: "slow" });
});
