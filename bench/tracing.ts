// CPU that tracing costs the gateway's main thread for each request: ids and header, spans of a kept one, their export.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { seededRandom } from "../src/core/index.ts";
import { type LegRecord, newRecord, type RequestRecord } from "../src/gateway/record.ts";
import { tracedHeaders } from "../src/gateway/tracing/leg-headers.ts";
import { randomIds } from "../src/gateway/random-ids.ts";
import { tracing } from "../src/gateway/tracing/tracing.ts";
import { createMetrics, openSpanSink, silentLog, type SpanSink } from "../src/telemetry/index.ts";

const ROUNDS = 9;
const CALLS = 20_000;
/** Of each trace of one leg. */
const SPANS = 7;
const SHARE = 0.01;

const ids = { newId: randomIds(), random: seededRandom("tracing") };
const HEADERS = { "x-request-id": "a".repeat(32), "content-type": "application/json", accept: "*/*" };

/** One request as it is when tracing sees it last. */
function request(trace: RequestRecord["trace"]): RequestRecord {
  const record = newRecord({
    id: ids.newId(),
    route: "/v1/chat/completions",
    arrivedAt: 0,
    arrivedEpoch: 1.7e12,
    trace,
  });
  const leg: LegRecord = {
    worker: "http://10.0.0.1:8000",
    requestId: record.id,
    decision: { policy: "kv_aware", reason: "least predicted cost", scores: [] },
    prediction: { cachedTokens: 128, ttftMs: 30, slowdown: 1, known: true },
    routedAt: 3,
    sentAt: 4,
    spanId: undefined,
    endedAt: 99,
    status: 200,
    failure: undefined,
  };
  record.legs.push(leg);
  const usage = { promptTokens: 500, completionTokens: 100, cachedTokens: 120 };
  const times = { readAt: 1, parsedAt: 2, identifiedAt: 3, firstTokenAt: 40, lastTokenAt: 99 };
  return Object.assign(record, times, { usage, model: "m", stream: true, status: 200, finishReason: "stop" });
}

function nanos(run: () => unknown): number {
  const rounds = Array.from({ length: ROUNDS }, () => {
    const from = process.threadCpuUsage();
    for (let i = 0; i < CALLS; i++) run();
    const { user, system } = process.threadCpuUsage(from);
    return (1000 * (user + system)) / CALLS;
  });
  return rounds.toSorted((a, b) => a - b)[ROUNDS >> 1] ?? Number.NaN;
}

function lifeOf(sampleRatio: number): () => void {
  const sink: SpanSink = { add: () => undefined, close: async () => undefined };
  const traces = tracing({ sink, sampleRatio, parentBased: true }, ids);
  return () => {
    const trace = traces.begin(undefined, ids.newId());
    tracedHeaders(HEADERS, trace, traces.newSpanId());
    if (trace.sampled) traces.ended(request(trace), "ok", 100);
  };
}

/** CPU of queue, encoding and sending, to a collector in this process that answers at once: its own share is in it. */
async function exportNanos(protocol: "http"): Promise<number> {
  const server = createServer((incoming, response) => {
    incoming.resume();
    incoming.on("end", () => response.end("{}"));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const about = { resource: { "service.name": "bench" }, metrics: createMetrics(), log: silentLog };
  const sink = await openSpanSink({ ...about, collector: { protocol, endpoint }, limits: { queueSpans: 1e6 } });
  const traces = tracing({ sink, sampleRatio: 1, parentBased: true }, ids);
  const count = 2000;
  const from = process.threadCpuUsage();
  for (let i = 0; i < count; i++) traces.ended(request(traces.begin(undefined, ids.newId())), "ok", 100);
  await sink.close();
  const { user, system } = process.threadCpuUsage(from);
  server.close();
  server.closeAllConnections();
  return (1000 * (user + system)) / count;
}

function print(name: string, value: number): void {
  process.stdout.write(`${name.padEnd(48)} ${value.toFixed(0).padStart(8)} ns a request\n`);
}

const unsampled = nanos(lifeOf(0));
const sampled = nanos(lifeOf(1));
const delivered = await exportNanos("http");
print("ids, decision, header of the leg (not sampled)", unsampled);
print(`the same and ${SPANS} spans (sampled)`, sampled);
print("spans, queue and export over HTTP (sampled)", delivered);
print(`all of it at ratio ${SHARE}`, unsampled + SHARE * delivered);
