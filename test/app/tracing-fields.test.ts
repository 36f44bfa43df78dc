// spec.monitoring.tracing of a deployment file, as a collector sees it.
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { deploymentText, type JsonObject, load } from "../config/deployment-text.ts";
import { temporaryFolder } from "../core/temporary-folder.ts";
import { eventually, unary } from "../gateway/harness.ts";
import { named, rootOf } from "../gateway/tracing/traced-gateway.ts";
import { type CollectorServer, grpcCollector, httpCollector, noCollector } from "../telemetry/tracing/collectors.ts";
import { selfSigned } from "./self-signed.ts";
import { behind, fakeVllm, type Served, served } from "./served.ts";

const SAMPLED = { traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01" };
afterEach(() => {
  for (const name of ["HEADERS", "CERTIFICATE"]) delete process.env[`OTEL_EXPORTER_OTLP_${name}`];
});

async function traced({ endpoint }: Pick<CollectorServer, "endpoint">, more: JsonObject): Promise<Served> {
  const worker = await fakeVllm(unary);
  const tracing = { enabled: true, endpoint, sampleRatio: 1, ...more };
  return served(behind(worker, { tiny: { monitoring: { tracing } } }));
}

test("tracing.enabled sends the spans of a request to the endpoint over gRPC", async () => {
  const collector = await grpcCollector();
  process.env["OTEL_EXPORTER_OTLP_HEADERS"] = "authorization=Bearer%20collector-key";
  const serve = await traced(collector, { exporter: "otlp" });
  await serve.ask("tiny");
  const spans = await collector.roots(1);
  assert.equal(rootOf(spans).attributes["gen_ai.request.model"], "tiny");
  assert.equal(named(spans, "leg").length, 1);
  assert.equal(spans[0]?.resource["service.name"], "switchgear");
  assert.match(String(spans[0]?.resource["service.version"]), /^\d+\.\d+\.\d+/);
  assert.equal(collector.headers[0]?.["authorization"], "Bearer collector-key");
  const page = await (await fetch(serve.metrics ?? "")).text();
  assert.match(page, /switchgear_trace_spans_total\{result="sent"\} 7/);
});

test("tracing.enabled false sends nothing", async () => {
  const collector = await httpCollector();
  const serve = await traced(collector, { enabled: false, protocol: "http" });
  await serve.ask("tiny", {}, SAMPLED);
  await serve.stop();
  assert.equal(collector.bodies.length, 0);
});

test("tracing.protocol http sends the spans as JSON, also by the port alone", async () => {
  const collector = await httpCollector();
  process.env["OTEL_EXPORTER_OTLP_HEADERS"] = "x-key=collector-key";
  const serve = await traced(collector, { protocol: "http" });
  await serve.ask("tiny");
  assert.equal(rootOf(await collector.roots(1)).attributes["switchgear.outcome"], "ok");
  assert.equal(collector.headers[0]?.["content-type"], "application/json");
  assert.equal(collector.headers[0]?.["x-key"], "collector-key");
  for (const [port, protocol] of [
    ["4317", "grpc"],
    ["4318", "http"],
  ]) {
    const { tracing } = load(
      deploymentText({ spec: { monitoring: { tracing: { endpoint: `http://c:${port}` } } } }),
    ).monitoring;
    assert.equal(tracing.protocol, protocol);
  }
});

test("tracing.sampleRatio 0 sends nothing unless a client's sampled flag asks for it", async () => {
  const collector = await httpCollector();
  const serve = await traced(collector, { protocol: "http", sampleRatio: 0 });
  await serve.ask("tiny");
  await serve.ask("tiny", {}, SAMPLED);
  await serve.stop();
  const roots = collector.spans.filter((one) => one.kind === 2);
  assert.deepEqual(
    roots.map((one) => one.parentSpanId),
    ["00f067aa0ba902b7"],
  );
});

test("tracing.parentBased false leaves the choice to the ratio", async () => {
  const collector = await httpCollector();
  const serve = await traced(collector, { protocol: "http", sampleRatio: 0, parentBased: false });
  await serve.ask("tiny", {}, SAMPLED);
  await serve.stop();
  assert.equal(collector.bodies.length, 0);
});

test("stopping sends what is queued, and does not wait for a collector that is not there", async () => {
  const collector = await grpcCollector();
  const serve = await traced(collector, {});
  await serve.ask("tiny");
  await serve.stop();
  assert.equal(collector.spans.filter((one) => one.kind === 2).length, 1);

  const alone = await traced(await noCollector(), {});
  await alone.ask("tiny");
  await eventually(
    () => alone.log.some((line) => line.includes("traces are not delivered")),
    "a line in the log",
    5000,
  );
  await alone.stop();
});

test("before simulated workers the trace tells policy, overlap and predicted time, and the worker its place in it", async () => {
  const collector = await httpCollector();
  const tracing = { enabled: true, endpoint: collector.endpoint, protocol: "http", sampleRatio: 1 };
  const workers = { endpoints: null, engine: "simulated", replicas: 1, speed: 50 };
  const spec = { serving: { workers }, tokenizer: { source: "builtin" }, routing: { algorithm: "kv_aware" } };
  const serve = await served({ sim: { spec: { ...spec, monitoring: { tracing } } } });
  const content = "The same long question about routing by cache. ".repeat(40);
  const ask = () => serve.ask("sim", { messages: [{ role: "user", content }], max_tokens: 4, stream: true });
  assert.equal((await ask()).status, 200);
  assert.equal((await ask()).status, 200);
  const [first, second] = named(await collector.roots(2), "route");
  assert.equal(first?.attributes["switchgear.policy"], "kv_aware");
  assert.equal(first?.attributes["switchgear.overlap_tokens"], 0);
  const overlap = Number(second?.attributes["switchgear.overlap_tokens"]);
  assert.ok(overlap > 100, `overlap ${overlap}`);
  assert.ok(Number(second?.attributes["switchgear.predicted_ttft"]) > 0);
  const root = collector.spans.find((one) => one.kind === 2 && one.traceId === second?.traceId);
  assert.equal(root?.attributes["gen_ai.usage.cache_read.input_tokens"], overlap, "as predicted");
  assert.deepEqual(root?.attributes["gen_ai.response.finish_reasons"], ["length"]);
  assert.equal(root?.attributes["gen_ai.usage.output_tokens"], 4);
});

test("an https endpoint is spoken to over TLS, with the authority that the SDK's variable names", async () => {
  const own = selfSigned(temporaryFolder());
  process.env["OTEL_EXPORTER_OTLP_CERTIFICATE"] = own.certFile;
  const collector = await httpCollector(undefined, own);
  const serve = await traced(collector, { protocol: "http" });
  await serve.ask("tiny");
  assert.equal((await collector.roots(1)).length, 7);
});
