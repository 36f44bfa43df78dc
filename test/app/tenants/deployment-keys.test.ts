// Tenants beside keys of the deployment itself: which proof counts on which path, and whose limits hold.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readDeploymentText } from "../../../src/config/index.ts";
import { temporaryFolder } from "../../core/temporary-folder.ts";
import { call, unary } from "../../gateway/harness.ts";
import { behind, fakeVllm, served } from "../served.ts";

const TENANTS = `apiVersion: llm-d.nvidia.com/v1
kind: Tenants
metadata: { name: t }
spec:
  trustedHeader: { name: x-tenant, from: [127.0.0.1] }
  defaults: { limits: { denyParameters: [logprobs] } }
`;
/** One that looks like a tenant's. */
const KEY = "swg_of-the-deployment";

async function gateway(tenantsText: string | undefined) {
  const worker = await fakeVllm(unary);
  const file = join(temporaryFolder(), "keys");
  writeFileSync(file, KEY);
  const tenants =
    tenantsText === undefined ? undefined : readDeploymentText({ file: "t.yaml", text: tenantsText }).tenants;
  const gatewaySpec = { gateway: { apiKeys: { files: [file] } } };
  const { port } = await served(behind(worker, { m: gatewaySpec }), tenants && { tenants });
  return async (path: string, headers: Record<string, string> = {}, more: object = {}) => {
    const body = JSON.stringify({ model: "m", prompt: "x", messages: [{ role: "user", content: "x" }], ...more });
    return (await call({ port }, { path, body, headers })).status;
  };
}

test("bug: with keys of the deployment, paths that vLLM leaves open asked tenants for no proof", async () => {
  const ask = await gateway(TENANTS);
  for (const path of ["/tokenize", "/score", "/pooling", "/v1/chat/completions"]) {
    for (const authorization of ["Bearer nothing", `Bearer ${"swg_000000000000_".padEnd(60, "A")}`])
      assert.equal(await ask(path, { authorization }), 401, path);
    assert.equal(await ask(path), 401, path);
    assert.notEqual(await ask(path, { "x-tenant": "a" }), 401, path);
    assert.notEqual(await ask(path, { authorization: `Bearer ${KEY}` }), 401, path);
  }
  const open = await gateway(undefined);
  assert.notEqual(await open("/tokenize"), 401, "without tenants all is as in vLLM");
  assert.equal(await open("/v1/chat/completions"), 401);
});

test("bug: a key of the deployment that looks like a tenant's was held to no limit", async () => {
  const ask = await gateway(TENANTS);
  const authorization = `Bearer ${KEY}`;
  assert.equal(await ask("/v1/chat/completions", { authorization }), 200);
  assert.equal(await ask("/v1/chat/completions", { authorization }, { logprobs: true }), 400);
});
