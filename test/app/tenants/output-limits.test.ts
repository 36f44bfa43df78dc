// Limits on the output of a tenant's requests, seen in the bodies that a worker gets: whatever fields a client writes them in.
import assert from "node:assert/strict";
import { test } from "node:test";
import { readDeploymentText } from "../../../src/config/index.ts";
import { call, unary } from "../../gateway/harness.ts";
import { behind, fakeVllm, served } from "../served.ts";

const TENANTS = `apiVersion: llm-d.nvidia.com/v1
kind: Tenants
metadata: { name: t }
spec:
  trustedHeader: { name: x-tenant, from: [127.0.0.1] }
  tenants:
    - { name: short, keyLimits: { maxOutputTokens: 1 }, limits: { maxOutputTokens: 5 } }
    - { name: one-model, models: { m: { maxOutputTokens: 3 } } }
`;

const MESSAGES = { messages: [{ role: "user", content: "hi" }] };
const BODIES = {
  "/v1/chat/completions": MESSAGES,
  "/v1/completions": { prompt: "hi" },
  "/v1/messages": MESSAGES,
  "/v1/responses": { input: "hi" },
  "/v1/chat/completions/batch": { messages: [MESSAGES.messages] },
} as const;

async function asked() {
  const worker = await fakeVllm(unary);
  const { tenants } = readDeploymentText({ file: "t.yaml", text: TENANTS });
  assert.ok(tenants);
  const { port } = await served(behind(worker, { m: {} }), { tenants });
  return async (path: keyof typeof BODIES, fields: object, tenant = "short") => {
    const body = JSON.stringify({ model: "m", ...BODIES[path], ...fields });
    const { status } = await call({ port }, { path, body, headers: { "x-tenant": tenant } });
    const got = worker.requests.filter((one) => one.path.endsWith(path)).at(-1);
    return { status, body: JSON.parse(got?.body ?? "{}") as Record<string, unknown> };
  };
}

test("bug: a limit on the output was passed by, in a field that the path does not read", async () => {
  const ask = await asked();
  assert.equal((await ask("/v1/completions", { max_completion_tokens: 1, max_tokens: 1000 })).status, 400);
  assert.equal((await ask("/v1/messages", { max_completion_tokens: 1, max_tokens: 1000 })).status, 400);
  assert.equal((await ask("/v1/responses", { max_tokens: 1, max_output_tokens: 1000 })).status, 400);
  assert.equal((await ask("/v1/chat/completions/batch", { max_tokens: 1000 })).status, 400);
  assert.equal((await ask("/v1/completions", { max_completion_tokens: 1 })).body["max_tokens"], 5);
  assert.equal((await ask("/v1/responses", { max_tokens: 1 })).body["max_output_tokens"], 5);
  assert.equal((await ask("/v1/chat/completions", { max_tokens: 4 })).body["max_tokens"], 4);
  const hidden = await ask("/v1/chat/completions", { max_tokens: 1, max_completion_tokens: "1_000" });
  assert.equal(hidden.body["max_completion_tokens"], 5, "what is no whole number hides no other one");
});

test("a request that says nothing of its output gets the tenant's limit for its model, in a batch too", async () => {
  const ask = await asked();
  assert.equal((await ask("/v1/chat/completions", {})).body["max_completion_tokens"], 5, "no key, no limit of keys");
  assert.equal((await ask("/v1/chat/completions/batch", {})).body["max_completion_tokens"], 5);
  assert.equal((await ask("/v1/chat/completions", {}, "one-model")).body["max_completion_tokens"], 3);
  assert.equal((await ask("/v1/chat/completions", { max_tokens: 4 }, "one-model")).status, 400);
});
