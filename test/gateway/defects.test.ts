// A defect in what serves no bytes (index, prompt, metrics, receipts) never fails a request; one in the decision fails only that one.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { KvIndex } from "../../src/kvindex/index.ts";
import { hashBlocks } from "../../src/tokens/index.ts";
import { createMetrics, type Metrics } from "../../src/telemetry/index.ts";
import { call, chat, eventually, testFleet, testGateway, testWorker, unary, upstream } from "./harness.ts";

const broken = (): never => {
  throw new Error("broken on purpose");
};

/** 64 tokens, so that the index is asked. */
const prompt = () => ({
  promptTokens: 64,
  exact: true,
  hashes: hashBlocks(
    Array.from({ length: 64 }, (_, i) => i),
    16,
    { model: "tiny" },
  ),
});

test("an index that fails costs no request", async () => {
  const up = await upstream(unary);
  const index = { overlap: broken, predict: broken, stats: broken } as unknown as KvIndex;
  const fleet = testFleet([testWorker("w1", up.origin)]);
  const gateway = await testGateway({ fleet, model: { prompt }, options: { index } });
  assert.equal((await call(gateway, { body: chat() })).status, 200);
  assert.equal(gateway.inflight, 0);
});

test("a prompt that cannot be read is routed by its size", async () => {
  const up = await upstream(unary);
  const gateway = await testGateway({ fleet: testFleet([testWorker("w1", up.origin)]), model: { prompt: broken } });
  assert.equal((await call(gateway, { body: chat() })).status, 200);
});

test("metrics that fail cost no request, and it leaves the books", async () => {
  const up = await upstream(unary);
  const metrics: Metrics = { ...createMetrics(), e2e: broken, tokens: broken };
  const fleet = testFleet([testWorker("w1", up.origin)]);
  const gateway = await testGateway({ fleet, options: { metrics } });
  assert.equal((await call(gateway, { body: chat() })).status, 200);
  await eventually(() => gateway.inflight === 0, "no request is left");
});

test("a policy that fails answers 500, and the request leaves the books", async () => {
  const up = await upstream(unary);
  const policy = { name: "broken", choose: broken };
  const fleet = testFleet([testWorker("w1", up.origin)]);
  const gateway = await testGateway({ fleet, model: { policy } });
  const answer = await call(gateway, { body: chat() });
  assert.equal(answer.status, 500);
  assert.equal(JSON.parse(answer.body).error.type, "InternalServerError");
  assert.equal(gateway.inflight, 0);
  assert.equal(up.requests.length, 0);
});
