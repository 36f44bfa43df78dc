// vLLM counts the members of a body that lacks one: "'input': '<dict of 1 items>'". The gateway must not be counted.
import assert from "node:assert/strict";
import { test } from "node:test";
import { call, testFleet, testGateway, testWorker, unary, upstream } from "./harness.ts";
import { oneTenant } from "./tenancy/one-tenant.ts";

const BODIES = [
  ["/v1/chat/completions", { model: "tiny" }],
  ["/v1/chat/completions", { model: "tiny", stream: true }],
  ["/v1/responses", { model: "tiny", stream: true }],
  ["/v1/messages", { model: "tiny", messages: [{ role: "user", content: "hi" }] }],
] as const;

for (const [path, body] of BODIES) {
  const text = JSON.stringify(body);
  test(`${path} ${text} reaches the worker as it is`, async () => {
    const worker = await upstream(unary);
    const gateway = await testGateway({
      fleet: testFleet([testWorker("w1", worker.origin)]),
      model: { continuation: { mode: "exact", maxPerRequest: 1, maxTokens: 1000 } },
      options: { tenants: oneTenant() },
    });
    await call(gateway, { path, body: text });
    assert.equal(worker.requests[0]?.body, text);
  });
}
