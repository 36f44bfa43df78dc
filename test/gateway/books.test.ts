// What is counted: usage on every way out, residuals against predictions, receipts, load until the last byte.
import assert from "node:assert/strict";
import { connect } from "node:net";
import { test } from "node:test";
import { silentLog } from "../../src/telemetry/index.ts";
import { hashBlocks } from "../../src/tokens/index.ts";
import {
  call,
  chat,
  chunk,
  eventually,
  streamed,
  testFleet,
  testGateway,
  testWorker,
  unary,
  upstream,
} from "./harness.ts";

const ids = Array.from({ length: 64 }, (_, i) => i);
/** 64 tokens, 4 blocks, for every request. */
const prompt = () => ({ promptTokens: 64, exact: true, hashes: hashBlocks(ids, 16, { model: "tiny" }) });

const tokens = (page: string, kind: string) =>
  Number(new RegExp(`switchgear_tokens_total\\{model="tiny",kind="${kind}"\\} (\\d+)`).exec(page)?.[1] ?? 0);

for (const asked of [true, false]) {
  test(`usage of a stream is the worker's, whether or not the client asked for it (asked: ${asked})`, async () => {
    const up = await upstream(streamed);
    const gateway = await testGateway({ fleet: testFleet([testWorker("w1", up.origin)]) });
    const options = asked ? { stream_options: { include_usage: true } } : {};
    const answer = await call(gateway, { body: chat({ stream: true, ...options }) });
    assert.equal(answer.body.includes('"usage"'), asked);
    const page = await gateway.metrics.page();
    assert.deepEqual(
      ["prompt", "cached", "completion"].map((kind) => tokens(page, kind)),
      [10, 4, 3],
    );
    assert.match(page, /switchgear_time_to_first_token_seconds_count\{model="tiny"\} 1/);
  });
}

test("include_usage is merged into the client's stream_options", async () => {
  const up = await upstream(streamed);
  const gateway = await testGateway({ fleet: testFleet([testWorker("w1", up.origin)]) });
  await call(gateway, { body: chat({ stream: true, stream_options: { include_usage: false, other: 1.5 } }) });
  assert.deepEqual(JSON.parse(up.requests[0]?.body ?? "").stream_options, { include_usage: true, other: 1.5 });
});

test("running counts are not asked for together with a usage event that the client did not want", async () => {
  const up = await upstream(streamed);
  const gateway = await testGateway({ fleet: testFleet([testWorker("w1", up.origin)]) });
  await call(gateway, {
    body: chat({ stream: true, stream_options: { include_usage: false, continuous_usage_stats: true } }),
  });
  assert.deepEqual(JSON.parse(up.requests[0]?.body ?? "").stream_options, {
    include_usage: true,
    continuous_usage_stats: false,
  });
});

test("stream_options that vLLM refuses or reads in its own way are not repaired", async () => {
  const up = await upstream(streamed);
  const gateway = await testGateway({ fleet: testFleet([testWorker("w1", up.origin)]) });
  for (const options of ["x", [1], { include_usage: 7 }, { include_usage: "yes" }])
    await call(gateway, { body: chat({ stream: true, stream_options: options }) });
  const sent = up.requests.map(({ body }) => JSON.parse(body).stream_options as unknown);
  assert.deepEqual(sent, ["x", [1], { include_usage: 7 }, { include_usage: "yes" }]);
});

test("usage of a unary answer, and of the messages route", async () => {
  const up = await upstream((request, response) => {
    if (request.path === "/v1/chat/completions") return unary(request, response);
    response.writeHead(200, { "content-type": "application/json" });
    response.end('{"type":"message","usage":{"input_tokens":7,"output_tokens":5}}');
  });
  const gateway = await testGateway({ fleet: testFleet([testWorker("w1", up.origin)]) });
  await call(gateway, { body: chat() });
  await call(gateway, { path: "/v1/messages", body: chat() });
  const page = await gateway.metrics.page();
  assert.deepEqual([tokens(page, "prompt"), tokens(page, "completion")], [17, 7]);
});

test("a client that leaves in mid-stream: what was seen is counted, and marked as an estimate", async () => {
  const up = await upstream((_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const text of ["a", "b", "c"]) response.write(chunk({ content: text }));
  });
  const gateway = await testGateway({ fleet: testFleet([testWorker("w1", up.origin)]), model: { prompt } });
  const socket = connect({ port: gateway.port, host: "127.0.0.1" });
  const body = chat({ stream: true });
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  await eventually(() => (gateway.fleet.list[0]?.ledger.load.contextTokens ?? 0) === 67, "three tokens on the books");
  assert.deepEqual({ ...gateway.fleet.list[0]?.ledger.load }.decodeRequests, 1);
  socket.destroy();
  await eventually(() => gateway.inflight === 0, "the end");
  const page = await gateway.metrics.page();
  assert.deepEqual([tokens(page, "prompt"), tokens(page, "completion")], [64, 3]);
  assert.match(page, /switchgear_usage_estimated_total\{model="tiny"\} 1/);
});

test("a worker that reports no cached tokens: unknown, not 0", async () => {
  const up = await upstream((_request, response) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.end('{"choices":[],"usage":{"prompt_tokens":64,"completion_tokens":1}}');
  });
  const gateway = await testGateway({ fleet: testFleet([testWorker("w1", up.origin)]), model: { prompt } });
  const answer = await call(gateway, { body: chat() });
  assert.equal(gateway.receipt(String(answer.headers["x-request-id"]))?.measured.cachedTokens, null);
  assert.doesNotMatch(await gateway.metrics.page(), /switchgear_cached_tokens_error_count/);
});

test("prediction and truth: what was sent is expected to be cached, the difference is recorded", async () => {
  const up = await upstream((_request, response) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(
      '{"choices":[],"usage":{"prompt_tokens":64,"completion_tokens":1,"prompt_tokens_details":{"cached_tokens":16}}}',
    );
  });
  const gateway = await testGateway({ fleet: testFleet([testWorker("w1", up.origin)]), model: { prompt } });
  await call(gateway, { body: chat() });
  const answer = await call(gateway, { body: chat() });
  const receipt = gateway.receipt(String(answer.headers["x-request-id"]));
  // The last of four blocks is always computed.
  assert.equal(receipt?.legs[0]?.predicted.cachedTokens, 48);
  assert.equal(receipt?.measured.cachedTokens, 16);
  const page = await gateway.metrics.page();
  assert.match(page, /switchgear_cached_tokens_error_sum\{worker="w1"\} -16/);
  assert.match(page, /switchgear_cached_tokens_predicted_total\{worker="w1"\} 48/);
  assert.match(page, /switchgear_cached_tokens_reported_total\{worker="w1"\} 32/);
});

test("time to first token against its prediction moves the worker's slowdown", async () => {
  const up = await upstream((request, response) => setTimeout(() => streamed(request, response), 60));
  const gateway = await testGateway({ fleet: testFleet([testWorker("w1", up.origin)]) });
  for (let i = 0; i < 4; i++) await call(gateway, { body: chat({ stream: true }) });
  assert.equal(gateway.slowdown("w1"), 1, "four observations say too little");
  await call(gateway, { body: chat({ stream: true }) });
  // The harness' policy predicts 25 ms.
  assert.ok(gateway.slowdown("w1") > 1.5, String(gateway.slowdown("w1")));
  assert.match(await gateway.metrics.page(), /switchgear_ttft_ratio_count\{worker="w1"\} 5/);
  gateway.fleet.setState("w1", "dead");
  assert.equal(gateway.slowdown("w1"), 1, "a worker that comes back is another one");
});

test("requests are counted against the objectives of their model, faults of clients are not", async () => {
  const up = await upstream((request, response) => {
    if (request.body.includes("slow")) setTimeout(() => streamed(request, response), 120);
    else if (request.body.includes("broken")) response.socket?.destroy();
    else streamed(request, response);
  });
  const slo = { ttftP99Ms: 100, itlP99Ms: 50, availabilityTarget: 0.999 };
  const gateway = await testGateway({ fleet: testFleet([testWorker("w1", up.origin)]), model: { slo } });
  await call(gateway, { body: chat({ stream: true }) });
  await call(gateway, { body: chat({ stream: true, user: "slow" }) });
  await call(gateway, { body: chat({ stream: true, user: "broken" }) });
  await call(gateway, { body: "{" });
  const page = await gateway.metrics.page();
  const counted = (objective: string, met: boolean) =>
    Number(
      new RegExp(`slo_requests_total\\{model="tiny",objective="${objective}",met="${met}"\\} (\\d+)`).exec(page)?.[1] ??
        0,
    );
  assert.deepEqual([counted("ttft", true), counted("ttft", false)], [1, 2]);
  assert.deepEqual([counted("itl", true), counted("itl", false)], [2, 0]);
  assert.deepEqual([counted("availability", true), counted("availability", false)], [2, 1]);
  assert.match(page, /switchgear_slo_seconds\{model="tiny",objective="ttft"\} 0\.1\n/);
  assert.match(page, /switchgear_slo_seconds\{model="tiny",objective="itl"\} 0\.05\n/);
  assert.match(page, /switchgear_slo_availability_ratio\{model="tiny"\} 0\.999\n/);
});

test("a receipt: why, what the others would have cost, what happened; kept within its bounds", async () => {
  const up = await upstream(unary);
  const fleet = testFleet([testWorker("w1", up.origin), testWorker("w2", up.origin)]);
  const receipts = { header: true, retentionSeconds: 60, maxEntries: 3 };
  const gateway = await testGateway({ fleet, options: { receipts } });
  const sent: string[] = [];
  for (let i = 0; i < 5; i++) {
    const answer = await call(gateway, { body: chat(), headers: { "x-request-id": `client-${i}` } });
    sent.push(String(answer.headers["x-request-id"]));
    assert.match(String(answer.headers["x-switchgear-route"]), /^worker=w[12]; policy=in_turn; reason="next in turn"/);
  }
  assert.equal(gateway.receipt(sent[0] ?? ""), undefined);
  assert.equal(gateway.receipt("client-0"), undefined);
  const receipt = gateway.receipt("client-4");
  assert.equal(receipt?.id, sent[4]);
  assert.equal(receipt?.outcome, "ok");
  assert.equal(receipt?.legs[0]?.scores.length, 2);
  assert.equal(receipt?.promptTokens.reported, 10);
  assert.ok(!JSON.stringify(receipt).includes("Hello"), "a prompt in a receipt");
});

test("without the setting no route header is sent", async () => {
  const up = await upstream(unary);
  const gateway = await testGateway({ fleet: testFleet([testWorker("w1", up.origin)]) });
  assert.equal((await call(gateway, { body: chat() })).headers["x-switchgear-route"], undefined);
});

test("load is held until the last byte under any number of requests", async () => {
  const endings: (() => void)[] = [];
  const up = await upstream((_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(chunk({ content: "a" }));
    endings.push(() => void response.end(`${chunk({ content: "b" })}data: [DONE]\n\n`));
  });
  const fleet = testFleet([testWorker("w1", up.origin)]);
  const gateway = await testGateway({ fleet });
  const all = Array.from({ length: 100 }, () => call(gateway, { body: chat({ stream: true }) }));
  await eventually(() => fleet.list[0]?.ledger.load.decodeRequests === 100, "100 streams on the books");
  for (const end of endings) end();
  for (const one of all) assert.equal((await one).status, 200);
  assert.equal(fleet.list[0]?.ledger.load.decodeRequests, 0);
  assert.equal(fleet.list[0]?.ledger.load.contextTokens, 0);
});

test("a request that was refused has a receipt, without a word of its body", async () => {
  const gateway = await testGateway({ fleet: testFleet([testWorker("w1", "http://127.0.0.1:9", { state: "dead" })]) });
  const refused = await call(gateway, { body: chat({ note: "a secret" }) });
  assert.equal(refused.status, 503);
  const receipt = gateway.receipt(String(refused.headers["x-request-id"]));
  assert.deepEqual([receipt?.outcome, receipt?.status, receipt?.legs.length], ["failed", 503, 0]);
  const rejected = await call(gateway, { body: '{"model":"tiny","messages":"a secret' });
  const other = gateway.receipt(String(rejected.headers["x-request-id"]));
  assert.deepEqual([other?.outcome, other?.status], ["rejected", 400]);
  assert.ok(!JSON.stringify([receipt, other]).includes("secret"));
});

test("the log line of a request says why it went there, for the day on which its receipt is gone", async () => {
  const up = await upstream(streamed);
  const lines: Record<string, unknown>[] = [];
  const info = (fields: Record<string, unknown>, message: string): void => {
    if (message === "request") lines.push(fields);
  };
  const gateway = await testGateway({
    fleet: testFleet([testWorker("w1", "http://127.0.0.1:1"), testWorker("w2", up.origin)]),
    options: { log: { ...silentLog, info } as typeof silentLog },
  });
  assert.equal((await call(gateway, { body: chat({ stream: true }) })).status, 200);
  await eventually(() => lines.length === 1, "the line is written");
  const [line] = lines;
  assert.deepEqual([line?.["worker"], line?.["policy"], line?.["retries"]], ["w2", "in_turn", 1]);
  assert.deepEqual(line?.["failures"], ["w1 refused"]);
  assert.equal(typeof line?.["reason"], "string");
  for (const time of ["queueMs", "ttftMs", "ms"]) assert.ok(Number(line?.[time]) >= 0, time);
});
