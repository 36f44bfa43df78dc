// Closing: not ready at once, running requests finish within the limit, the rest is cut.
import assert from "node:assert/strict";
import { request } from "node:http";
import { test } from "node:test";
import { call, chat, chunk, eventually, raw, testFleet, testGateway, testWorker, upstream, within } from "./harness.ts";

test("a running stream finishes, then the port is closed", async () => {
  let finish = () => {};
  const up = await upstream((_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(chunk({ content: "a" }));
    finish = () => void response.end("data: [DONE]\n\n");
  });
  const gateway = await testGateway({
    fleet: testFleet([testWorker("w1", up.origin)]),
    options: { drainTimeoutMs: 5000 },
  });
  const running = call(gateway, { body: chat({ stream: true }) });
  await eventually(() => gateway.fleet.list[0]?.ledger.load.decodeRequests === 1, "the stream");
  const closed = gateway.close();
  await assert.rejects(call(gateway, { path: "/health", method: "GET" }), { code: "ECONNREFUSED" });
  finish();
  assert.ok((await running).body.endsWith("data: [DONE]\n\n"));
  await within(closed, "close");
});

test("a connection that is still open learns that the gateway closes", async () => {
  const up = await upstream((_request, response) => {
    setTimeout(() => response.writeHead(200, { "content-type": "application/json" }).end("{}"), 50);
  });
  const gateway = await testGateway({
    fleet: testFleet([testWorker("w1", up.origin)]),
    options: { drainTimeoutMs: 5000 },
  });
  const body = chat();
  const bytes = `POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  const answer = raw(gateway.port, bytes);
  await eventually(() => gateway.inflight === 1, "the request");
  await within(gateway.close(), "close");
  assert.match(await answer, /^HTTP\/1\.1 200 OK\r\n[^]*connection: close\r\n/i);
});

test("what does not finish within the drain limit is cut", async () => {
  const up = await upstream(() => {});
  const gateway = await testGateway({
    fleet: testFleet([testWorker("w1", up.origin)]),
    options: { drainTimeoutMs: 50 },
  });
  const cut = new Promise((resolve) => {
    const headers = { "content-type": "application/json" };
    const sent = request({
      port: gateway.port,
      host: "127.0.0.1",
      path: "/v1/chat/completions",
      method: "POST",
      headers,
    });
    sent.on("error", resolve);
    sent.end(chat());
  });
  await eventually(() => up.requests.length === 1, "the request at the worker");
  await within(gateway.close(), "close");
  await within(cut, "the client's error");
  await within(up.requests[0]?.aborted ?? Promise.reject(new Error("none")), "the worker's abort");
});

test("a port that is taken is named", async () => {
  const up = await upstream(() => {});
  const fleet = testFleet([testWorker("w1", up.origin)]);
  await assert.rejects(testGateway({ fleet, options: { listen: { host: "127.0.0.1", port: up.port } } }), {
    code: "SWG_PORT_IN_USE",
  });
});
