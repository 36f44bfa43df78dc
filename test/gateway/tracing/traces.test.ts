// What a collector gets of a request: one trace, its spans and attributes, by gRPC and HTTP; and what workers are told of it.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as conventions from "@opentelemetry/semantic-conventions";
import * as incubating from "@opentelemetry/semantic-conventions/incubating";
import { NAMES } from "../../../src/gateway/tracing/attribute-names.ts";
import { grpcCollector, httpCollector } from "../../telemetry/tracing/collectors.ts";
import type { ReceivedSpan } from "../../telemetry/tracing/received-span.ts";
import { call, chat, eventually, streamed, testFleet, testGateway, testWorker, unary, upstream } from "../harness.ts";
import { named, rootOf, tracedGateway } from "./traced-gateway.ts";

const PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

function assertOneTrace(spans: readonly ReceivedSpan[]): ReceivedSpan {
  const root = rootOf(spans);
  for (const span of spans) {
    assert.equal(span.traceId, root.traceId);
    if (span !== root) assert.equal(span.parentSpanId, root.spanId, span.name);
    assert.ok(root.start <= span.start && span.start <= span.end && span.end <= root.end, span.name);
  }
  assert.equal(new Set(spans.map((one) => one.spanId)).size, spans.length, "span ids differ");
  return root;
}

for (const start of [grpcCollector, httpCollector]) {
  test(`a stream is one trace of all its phases (${start.name})`, async () => {
    const worker = await upstream(streamed);
    const collector = await start();
    const gateway = await tracedGateway({ fleet: testFleet([testWorker("w", worker.origin)]) }, { collector });
    const answer = await call(gateway, { body: chat({ stream: true }) });
    const spans = await collector.roots(1);
    const root = assertOneTrace(spans);
    assert.deepEqual(
      spans.map((one) => one.name),
      ["POST /v1/chat/completions", "read", "parse", "identify", "queue", "route", "leg"],
    );
    assert.equal(root.parentSpanId, "");
    assert.equal(root.traceId, answer.headers["x-request-id"], "one id finds log, receipt and trace");
    assert.deepEqual(root.events, ["first token", "finish"]);
    assert.ok(Math.abs(Number(root.start / 1_000_000n) - Date.now()) < 60_000, "time of day");
    assert.equal(root.resource["service.name"], "switchgear");
    const { "gen_ai.response.time_to_first_chunk": first, ...rest } = root.attributes;
    assert.ok(typeof first === "number" && first > 0 && first < 2);
    assert.deepEqual(rest, {
      "http.request.method": "POST",
      "http.route": "/v1/chat/completions",
      "http.response.status_code": 200,
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": "vllm",
      "gen_ai.request.model": "tiny",
      "gen_ai.request.stream": true,
      "gen_ai.response.finish_reasons": ["stop"],
      "gen_ai.usage.input_tokens": 10,
      "gen_ai.usage.output_tokens": 3,
      "gen_ai.usage.cache_read.input_tokens": 4,
      "switchgear.request_id": answer.headers["x-request-id"],
      "switchgear.outcome": "ok",
      "switchgear.usage_estimated": false,
    });
    const [route] = named(spans, "route");
    assert.equal(route?.attributes["switchgear.policy"], "in_turn");
    assert.equal(route?.attributes["switchgear.worker"], "w");
    assert.equal(route?.attributes["switchgear.predicted_ttft"], 0.025);
    const [leg] = named(spans, "leg");
    assert.equal(leg?.kind, 3);
    assert.equal(leg?.attributes["http.response.status_code"], 200);
    assert.equal(worker.requests[0]?.headers["traceparent"], `00-${root.traceId}-${leg?.spanId}-01`);
    assert.ok(spans.every((one) => !one.error));
  });
}

test("a client's trace goes on: its id, its span as parent, its tracestate", async () => {
  const worker = await upstream(unary);
  const collector = await httpCollector();
  const gateway = await tracedGateway({ fleet: testFleet([testWorker("w", worker.origin)]) }, { collector });
  const headers = { traceparent: PARENT, tracestate: "vendor=1" };
  await call(gateway, { body: chat(), headers });
  const spans = await collector.roots(1);
  const root = assertOneTrace(spans);
  assert.equal(root.traceId, PARENT.slice(3, 35));
  assert.equal(root.parentSpanId, PARENT.slice(36, 52));
  const sent = worker.requests[0]?.headers;
  assert.equal(sent?.["traceparent"], `00-${root.traceId}-${named(spans, "leg")[0]?.spanId}-01`);
  assert.equal(sent?.["tracestate"], "vendor=1");
});

test("an invalid traceparent starts a trace anew, without the tracestate that came with it", async () => {
  const worker = await upstream(unary);
  const collector = await httpCollector();
  const gateway = await tracedGateway({ fleet: testFleet([testWorker("w", worker.origin)]) }, { collector });
  await call(gateway, { body: chat(), headers: { traceparent: `${PARENT}-x`, tracestate: "vendor=1" } });
  const root = rootOf(await collector.roots(1));
  assert.notEqual(root.traceId, PARENT.slice(3, 35));
  assert.equal(worker.requests[0]?.headers["tracestate"], undefined);
});

test("each retry is a leg of its own in the same trace", async () => {
  const broken = await upstream((_request, response) => void response.destroy());
  const worker = await upstream(unary);
  const collector = await httpCollector();
  const fleet = testFleet([testWorker("broken", broken.origin), testWorker("w", worker.origin)]);
  const gateway = await tracedGateway({ fleet, limits: { retryBudgetRatio: 1 } }, { collector });
  assert.equal((await call(gateway, { body: chat() })).status, 200);
  const spans = await collector.roots(1);
  assert.equal(assertOneTrace(spans).error, false);
  const [first, second] = named(spans, "leg");
  assert.equal(named(spans, "route").length, 2);
  assert.deepEqual([first?.attributes["switchgear.worker"], first?.error], ["broken", true]);
  assert.equal(first?.attributes["error.type"], "broken");
  assert.deepEqual([second?.attributes["switchgear.worker"], second?.error], ["w", false]);
  assert.equal(second?.attributes["http.request.resend_count"], 1);
  assert.equal(broken.requests[0]?.headers["traceparent"]?.slice(36, 52), first?.spanId);
  assert.equal(worker.requests[0]?.headers["traceparent"]?.slice(36, 52), second?.spanId);
});

test("a client that leaves ends the trace where it was, without an error", async () => {
  const worker = await upstream(() => undefined);
  const collector = await httpCollector();
  const gateway = await tracedGateway({ fleet: testFleet([testWorker("w", worker.origin)]) }, { collector });
  const controller = new AbortController();
  const asked = fetch(`${gateway.url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: chat(),
    signal: controller.signal,
  });
  await eventually(() => worker.requests.length === 1, "the worker's request");
  controller.abort();
  await assert.rejects(asked);
  const spans = await collector.roots(1);
  const root = assertOneTrace(spans);
  assert.deepEqual(
    [root.attributes["switchgear.outcome"], root.attributes["switchgear.aborted_in"], root.error],
    ["aborted", "waiting", false],
  );
  assert.equal(named(spans, "leg").length, 1);
});

test("a refused request is a trace without a leg and no error; a worker's 5xx is one", async () => {
  const failing = await upstream((_request, response) => void response.writeHead(500).end("{}"));
  const collector = await httpCollector();
  const gateway = await tracedGateway({ fleet: testFleet([testWorker("w", failing.origin)]) }, { collector });
  await call(gateway, { body: chat({ model: "nobody's" }) });
  const refused = [...(await collector.roots(1))];
  assert.deepEqual(
    refused.map((one) => one.name),
    ["POST /v1/chat/completions", "read", "parse"],
  );
  const root = rootOf(refused);
  assert.deepEqual([root.attributes["http.response.status_code"], root.error], [404, false]);
  assert.equal(root.attributes["gen_ai.request.model"], undefined, "names that clients invent stay out");
  await call(gateway, { body: chat() });
  const failed = (await collector.roots(2)).slice(refused.length);
  assert.deepEqual([rootOf(failed).error, rootOf(failed).attributes["error.type"]], [true, "500"]);
  assert.equal(named(failed, "leg")[0]?.error, true);
});

test("a request that no worker takes ends in its queue, as an error", async () => {
  const collector = await httpCollector();
  const fleet = testFleet([testWorker("w", "http://127.0.0.1:1", { state: "dead" })]);
  const gateway = await tracedGateway({ fleet }, { collector });
  assert.equal((await call(gateway, { body: chat() })).status, 503);
  const spans = await collector.roots(1);
  const root = assertOneTrace(spans);
  assert.deepEqual([root.error, root.attributes["error.type"]], [true, "503"]);
  assert.equal(named(spans, "queue").length, 1);
  assert.equal(named(spans, "leg").length, 0);
});

test("no prompt, answer, key or header of a client is in what is exported", async () => {
  const worker = await upstream((_request, response) => {
    response.writeHead(200, { "content-type": "application/json" }).end('{"choices":[{"text":"ANSWER-4711"}]}');
  });
  const collector = await httpCollector();
  const fleet = testFleet([testWorker("w", worker.origin, { key: "WORKER-KEY-4711" })]);
  const gateway = await tracedGateway({ fleet }, { collector });
  const headers = { authorization: "Bearer CLIENT-KEY-4711", "x-request-id": "LABEL-4711", tracestate: "a=STATE-4711" };
  const secret = { messages: [{ role: "user", content: "PROMPT-4711" }], user: "USER-4711", cache_salt: "SALT-4711" };
  await call(gateway, { body: chat(secret), headers });
  await call(gateway, { body: chat({ ...secret, model: "MODEL-4711" }), headers });
  await collector.roots(2);
  assert.doesNotMatch(Buffer.concat(collector.bodies).toString("latin1"), /4711/);
});

test("without tracing a client's trace context passes through as it is, and nothing is added", async () => {
  const worker = await upstream(unary);
  const gateway = await testGateway({ fleet: testFleet([testWorker("w", worker.origin)]) });
  await call(gateway, { body: chat(), headers: { traceparent: PARENT, tracestate: "vendor=1" } });
  await call(gateway, { body: chat() });
  assert.equal(worker.requests[0]?.headers["traceparent"], PARENT);
  assert.equal(worker.requests[0]?.headers["tracestate"], "vendor=1");
  assert.equal(worker.requests[1]?.headers["traceparent"], undefined);
});

test("names of attributes are those of OpenTelemetry's conventions", () => {
  const published = new Set([...Object.values<unknown>(conventions), ...Object.values<unknown>(incubating)]);
  for (const name of Object.values(NAMES)) assert.ok(published.has(name), name);
});
