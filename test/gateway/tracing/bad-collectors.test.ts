// A collector that is absent, hangs, fails or is slow: requests do not notice, and what is lost is counted.
import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { test } from "node:test";
import { grpcCollector, httpCollector, noCollector } from "../../telemetry/tracing/collectors.ts";
import { call, chat, eventually, testFleet, testGateway, testWorker, unary, upstream, within } from "../harness.ts";
import { rootOf, spanCount, tracedGateway, type TracedGateway } from "./traced-gateway.ts";

const SPANS_OF_ONE = 7;

async function served(tracing: Parameters<typeof tracedGateway>[1]): Promise<TracedGateway> {
  const worker = await upstream(unary);
  return tracedGateway({ fleet: testFleet([testWorker("w", worker.origin)]) }, tracing);
}

async function askTimes(gateway: TracedGateway, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const answer = await within(call(gateway, { body: chat() }), "an answer");
    assert.equal(answer.status, 200);
  }
}

const hangs = (_response: ServerResponse) => undefined;
const fails = (response: ServerResponse) => void response.writeHead(400).end("no");

const BAD = {
  absent: noCollector,
  "hanging over gRPC": () => grpcCollector({ reply: false }),
  "hanging over HTTP": () => httpCollector(hangs),
  refusing: () => httpCollector(fails),
} as const;

for (const [name, start] of Object.entries(BAD)) {
  test(`collector ${name}: requests are answered, their spans counted as failed`, async () => {
    const gateway = await served({ collector: await start(), limits: { exportMs: 100 } });
    await askTimes(gateway, 3);
    const lost = async () => (await spanCount(gateway.traceMetrics, "failed")) === 3 * SPANS_OF_ONE;
    await eventually(lost, "21 spans counted");
    assert.equal(await spanCount(gateway.traceMetrics, "sent"), 0);
  });
}

test("a collector too slow: the queue is bounded, whole traces are dropped and counted, the rest arrives", async () => {
  const held: ServerResponse[] = [];
  const collector = await httpCollector((response) => void held.push(response));
  // The first batch takes all that waits; two more traces find room behind it.
  const limits = { queueSpans: 2 * SPANS_OF_ONE, batchSpans: 2 * SPANS_OF_ONE, exportMs: 5000 };
  const gateway = await served({ collector, limits });
  await askTimes(gateway, 1);
  await eventually(() => held.length === 1, "the first export");
  await askTimes(gateway, 5);
  assert.equal(await spanCount(gateway.traceMetrics, "queue_full"), 3 * SPANS_OF_ONE);
  const release = () => {
    for (const response of held.splice(0)) response.writeHead(200).end("{}");
    return collector.spans.length === 3 * SPANS_OF_ONE;
  };
  await eventually(release, "the rest");
  const traces = Map.groupBy(collector.spans, (one) => one.traceId);
  for (const spans of traces.values()) assert.equal(spans.length, SPANS_OF_ONE);
  await eventually(async () => (await spanCount(gateway.traceMetrics, "sent")) === 21, "21 spans sent");
});

test("spans arrive again once the collector is back", async () => {
  let bad = true;
  const collector = await httpCollector((response) => void response.writeHead(bad ? 400 : 200).end("{}"));
  const gateway = await served({ collector });
  await askTimes(gateway, 1);
  await eventually(async () => (await spanCount(gateway.traceMetrics, "failed")) === SPANS_OF_ONE, "a failed export");
  bad = false;
  await askTimes(gateway, 1);
  await eventually(async () => (await spanCount(gateway.traceMetrics, "sent")) === SPANS_OF_ONE, "a good export");
});

test("an error that is thrown while spans are made stays out of the request", async () => {
  const worker = await upstream(unary);
  const sink = {
    add: () => {
      throw new Error("broken");
    },
    close: async () => undefined,
  };
  const tracing = { sink, sampleRatio: 1, parentBased: true };
  const gateway = await testGateway({ fleet: testFleet([testWorker("w", worker.origin)]), options: { tracing } });
  assert.equal((await call(gateway, { body: chat() })).status, 200);
  assert.equal(gateway.inflight, 0);
});

test("a client that asks for every trace cannot make them more than the queue holds", async () => {
  const collector = await httpCollector(hangs);
  const gateway = await served({ collector, sampleRatio: 0, limits: { queueSpans: SPANS_OF_ONE, exportMs: 1000 } });
  const headers = { traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01" };
  for (let i = 0; i < 5; i++) await call(gateway, { body: chat(), headers });
  await eventually(() => collector.spans.length > 0, "the first export");
  assert.ok(rootOf(collector.spans).traceId.startsWith("4bf9"));
  assert.ok((await spanCount(gateway.traceMetrics, "queue_full")) >= 2 * SPANS_OF_ONE);
});
