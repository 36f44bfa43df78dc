// Metrics have bounded labels and a page; logs never show prompts or keys; the reference is made from the table.
import assert from "node:assert/strict";
import { request } from "node:http";
import { test } from "node:test";
import {
  createLog,
  createMetrics,
  METRICS,
  type MetricEntry,
  metricsDoc,
  startMetricsServer,
} from "../../src/telemetry/index.ts";
import { heldChildren } from "../../src/telemetry/children.ts";

function get(port: number, path: string, method = "GET"): Promise<{ status: number; body: string; type: string }> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port, path, method, agent: false }, (response) => {
      let body = "";
      response.on("data", (chunk) => (body += chunk));
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, body, type: String(response.headers["content-type"]) }),
      );
    });
    sent.on("error", reject).end();
  });
}

test("the page is served on its own port, and only it", async () => {
  const metrics = createMetrics();
  metrics.requests("m", "/v1/x", "ok", "200").inc();
  const server = await startMetricsServer({ host: "127.0.0.1", port: 0 }, metrics);
  try {
    const page = await get(server.port, "/metrics");
    assert.equal(page.status, 200);
    assert.match(page.type, /^text\/plain; version=0\.0\.4/);
    assert.match(page.body, /switchgear_requests_total\{model="m",route="\/v1\/x",outcome="ok",status="200"\} 1/);
    assert.equal((await get(server.port, "/")).status, 404);
    assert.equal((await get(server.port, "/metrics", "POST")).status, 405);
    const listen = { host: "127.0.0.1", port: server.port };
    await assert.rejects(startMetricsServer(listen, metrics), { code: "SWG_PORT_IN_USE" });
  } finally {
    await server.close();
  }
});

test("gauges read their samples when asked, and forget workers that are gone", async () => {
  const metrics = createMetrics();
  const worker = {
    id: "w1",
    model: "m",
    state: "ready",
    breaker: "closed",
    prefillRequests: 1,
    decodeRequests: 2,
    foreignRequests: 0,
    prefillTokens: 7,
    contextTokens: 9,
    kvUsage: 0.5,
    slowdown: 1,
  };
  metrics.show({ workers: () => [worker], inflight: () => 3 });
  const page = await metrics.page();
  assert.match(page, /switchgear_worker_state\{worker="w1",model="m",state="ready"\} 1/);
  assert.match(page, /switchgear_worker_requests\{worker="w1",phase="decode"\} 2/);
  assert.match(page, /switchgear_inflight_requests 3/);
  metrics.show({ workers: () => [] });
  assert.doesNotMatch(await metrics.page(), /w1/);
});

test("label values are bounded: beyond the limit they fold into one", () => {
  const held = heldChildren((values) => values.join(), 2, 3);
  for (let i = 0; i < 10; i++) held.child(String(i), "x");
  assert.equal(held.child("0", "x"), "0,x");
  assert.equal(held.child("9", "x"), "other,other");
  assert.deepEqual(held.all(), ["0,x", "1,x", "2,x", "other,other"]);
  held.forget(([first]) => first === "0");
  assert.equal(held.child("9", "x"), "9,x");
  assert.deepEqual(held.all(), ["1,x", "2,x", "9,x", "other,other"]);
});

test("buckets stand at 500 ms and 50 ms with close neighbours, and rise", () => {
  const entries: readonly MetricEntry[] = Object.values(METRICS);
  for (const { name, buckets } of entries) {
    if (buckets === undefined) continue;
    assert.ok(
      buckets.every((bound, i) => i === 0 || bound > (buckets[i - 1] ?? Infinity)),
      name,
    );
  }
  for (const [buckets, slo] of [
    [METRICS.ttft.buckets, 0.5],
    [METRICS.itl.buckets, 0.05],
  ] as const) {
    const bounds: readonly number[] = buckets;
    const at = bounds.indexOf(slo);
    assert.ok(at > 0);
    for (const near of [bounds[at - 1] ?? 0, bounds[at + 1] ?? 0]) assert.ok(Math.abs(near - slo) / slo <= 0.1);
  }
});

test("every metric is on the page and in the reference", async () => {
  const page = await createMetrics().page();
  const doc = metricsDoc();
  const entries: readonly MetricEntry[] = Object.values(METRICS);
  for (const { name, kind, help } of entries) {
    assert.ok(page.includes(`# HELP ${name} ${help}\n# TYPE ${name} ${kind}`), name);
    assert.ok(doc.includes(`\`${name}\` | ${kind}`), name);
  }
});

test("prompts and keys never reach a log line", () => {
  const lines: string[] = [];
  const log = createLog({ level: "info", destination: { write: (line: string) => void lines.push(line) } });
  const secret = "s3cret";
  log.info(
    {
      requestId: "r1",
      authorization: secret,
      body: secret,
      worker: { key: secret, id: "w1" },
      prompt: secret,
      messages: [secret],
    },
    "request",
  );
  log.warn({ headers: { authorization: secret, cookie: secret }, request: { messages: secret, input: secret } }, "x");
  assert.equal(lines.length, 2);
  assert.ok(!lines.join("").includes(secret), lines.join(""));
  const first = JSON.parse(lines[0] ?? "");
  assert.equal(first.requestId, "r1");
  assert.equal(first.level, "info");
  assert.match(first.time, /^\d{4}-/);
});
