// A stream whose worker is lost, and the next one is full.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Policy } from "../../../src/routing/index.ts";
import { call, testFleet, testGateway, testWorker, upstream } from "../harness.ts";
import { cuttingWorker, engineForTests } from "./cutting-worker.ts";
import { assertSame, takeApart } from "./stream-checks.ts";

/** The first of those that are left. */
const firstOne: Policy = {
  name: "first_one",
  choose(_request, [chosen]) {
    assert.ok(chosen);
    return { chosen, policy: "first_one", reason: "the first one", scores: [] };
  },
};

test("bug: a worker that answered 429 to the rest of a stream ended it, though a third one was free", async () => {
  const engine = await engineForTests();
  const lost = await cuttingWorker(engine, () => ({ kind: "error", bytes: 700 }));
  const full = await upstream((_request, response) => {
    response.writeHead(429, { "content-type": "application/json" }).end('{"error":{"message":"full","code":429}}');
  });
  const free = await cuttingWorker(engine, () => undefined);
  const workers = Object.entries({ lost, full, free }).map(([id, { origin }]) => testWorker(id, origin));
  const continuation = { mode: "exact", maxPerRequest: 3, maxTokens: 1000 } as const;
  const gateway = await testGateway({ fleet: testFleet(workers), model: { continuation, policy: firstOne } });
  const greedy = { temperature: 0, max_tokens: 12, ignore_eos: true };
  const body = JSON.stringify({ model: "tiny", prompt: "Tell me.", stream: true, ...greedy });
  const path = "/v1/completions";
  const answer = await call(gateway, { path, body });
  const plain = await call(engine, { path, body });
  assertSame(takeApart(answer.body), takeApart(plain.body), "the stream");
  assert.equal(full.requests.length, 1);
});

test("bug: the error that ended a stream named the address of the worker that was to go on", async () => {
  const engine = await engineForTests();
  const lost = await cuttingWorker(engine, () => ({ kind: "error", bytes: 700 }));
  const gone = testWorker("gone", "http://127.0.0.1:9");
  const continuation = { mode: "exact", maxPerRequest: 1, maxTokens: 1000 } as const;
  const fleet = testFleet([testWorker("lost", lost.origin), gone]);
  const gateway = await testGateway({ fleet, model: { continuation, policy: firstOne } });
  const greedy = { temperature: 0, max_tokens: 12, ignore_eos: true };
  const body = JSON.stringify({ model: "tiny", prompt: "Tell me.", stream: true, ...greedy });
  const answer = await call(gateway, { path: "/v1/completions", body });
  assert.match(answer.body, /"error":\{"message":"The worker closed the connection/);
  assert.doesNotMatch(answer.body, /127\.0\.0\.1/);
});
