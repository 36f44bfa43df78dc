// What clients may tell workers: one test for each row of the table and each policy.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ControlPolicy, WorkerControl } from "../../src/config/index.ts";
import { CONTROLS } from "../../src/gateway/index.ts";
import { call, chat, CONTROL_DEFAULTS, testFleet, testGateway, testWorker, unary, upstream } from "./harness.ts";

const VALUES: Readonly<Record<WorkerControl, unknown>> = {
  kvTransferParams: { remote_host: "10.0.0.1", remote_port: 5600 },
  ecTransferParams: { remote_host: "10.0.0.1" },
  dataParallelRankHeader: "3",
  priorityHeader: "-5",
  requestId: "mine",
  sessionId: "s1",
  vllmXargs: { x: 1 },
  priority: -5,
  cacheSalt: "salt",
};

async function send(control: WorkerControl, policy: ControlPolicy) {
  const up = await upstream(unary);
  const fleet = testFleet([testWorker("w1", up.origin)]);
  const gateway = await testGateway({ fleet, model: { controls: { ...CONTROL_DEFAULTS, [control]: policy } } });
  const { in: place, name } = CONTROLS[control];
  const value = VALUES[control];
  // Twice, so that a duplicate cannot carry it past the edit; escaped once.
  const escaped = `\\u${(name.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}${name.slice(1)}`;
  const body =
    place === "header"
      ? chat()
      : `{"${name}":${JSON.stringify(value)},"model":"tiny","${escaped}":${JSON.stringify(value)},"messages":[]}`;
  const answer = await call(gateway, { body, headers: place === "header" ? { [name]: String(value) } : {} });
  const seen = up.requests[0];
  const reached = seen !== undefined && (place === "header" ? name in seen.headers : name in JSON.parse(seen.body));
  return { answer, seen, reached, body };
}

for (const [control, { in: place, name }] of Object.entries(CONTROLS) as [
  WorkerControl,
  { in: string; name: string },
][]) {
  const fallback = CONTROL_DEFAULTS[control];
  test(`${place} ${name}: strip${fallback === "strip" ? " (default)" : ""}`, async () => {
    const { answer, reached, seen } = await send(control, "strip");
    assert.equal(answer.status, 200);
    assert.equal(reached, false);
    if (place === "body") assert.equal(seen?.body, '{"model":"tiny","messages":[]}');
  });

  test(`${place} ${name}: reject`, async () => {
    const { answer, seen } = await send(control, "reject");
    assert.equal(answer.status, 400);
    assert.equal(JSON.parse(answer.body).error.param, name);
    assert.equal(seen, undefined);
  });

  test(`${place} ${name}: allow${fallback === "allow" ? " (default)" : ""}`, async () => {
    const { answer, reached, seen, body } = await send(control, "allow");
    assert.equal(answer.status, 200);
    assert.equal(reached, true);
    if (place === "body") assert.equal(seen?.body, body);
  });
}

test("only named headers of a client reach a worker, and hop-by-hop ones of the worker stay here", async () => {
  const up = await upstream((_request, response) => {
    response.writeHead(200, {
      "content-type": "application/json",
      connection: "x-private",
      "x-private": "1",
      "keep-alive": "timeout=5",
      "x-kept": "1",
    });
    response.end("{}");
  });
  const gateway = await testGateway({ fleet: testFleet([testWorker("w1", up.origin)]) });
  const headers = {
    cookie: "a=b",
    authorization: "Bearer client",
    "proxy-authorization": "Basic x",
    "x-forwarded-for": "1.2.3.4",
    te: "trailers",
    "x-request-id": "client-1",
    "x-session-id": "s",
    traceparent: "00-1-2-03",
  };
  const answer = await call(gateway, { body: chat(), headers });
  const seen = up.requests[0]?.headers ?? {};
  assert.deepEqual(Object.keys(seen).sort(), [
    "connection",
    "content-length",
    "content-type",
    "host",
    "traceparent",
    "x-request-id",
  ]);
  assert.notEqual(seen["x-request-id"], "client-1");
  assert.equal(answer.headers["x-request-id"], seen["x-request-id"]);
  assert.equal(answer.headers["x-kept"], "1");
  assert.equal(answer.headers["x-private"], undefined);
  assert.equal(gateway.receipt("client-1")?.id, seen["x-request-id"]);
});

test("request ids of the workers are unique when clients all send the same one", async () => {
  const up = await upstream(unary);
  const gateway = await testGateway({ fleet: testFleet([testWorker("w1", up.origin)]) });
  await Promise.all(
    Array.from({ length: 20 }, () =>
      call(gateway, { body: chat({ request_id: "same" }), headers: { "x-request-id": "same" } }),
    ),
  );
  assert.equal(new Set(up.requests.map((one) => one.headers["x-request-id"])).size, 20);
});
