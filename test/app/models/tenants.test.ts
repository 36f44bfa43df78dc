// Models, aliases and adapters as tenants see them: real processes, workers that the gateway starts.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { type ServeProcess, startServe } from "../../../bench/lib/serve-process.ts";
import { deploymentText } from "../../config/deployment-text.ts";

function document(name: string, model: object): string {
  const workers = {
    endpoints: null,
    engine: "simulated",
    profile: "llama-3.1-8b-h100-tp1-bf16",
    replicas: 1,
    maxModelLen: 4096,
    speed: 100,
  };
  const spec = { model: { name, ...model }, tokenizer: { source: "builtin" }, serving: { workers } };
  return deploymentText({ metadata: { name }, spec: spec as never });
}

const SQL = { name: "sql", path: "/adapters/sql" };
const LAW = { name: "law", path: "/adapters/law" };
const DOCUMENTS = [
  document("one", { aliases: [{ name: "chat" }], lora: { adapters: [SQL] } }),
  document("two", { aliases: [{ name: "chat", weight: 0.5 }], lora: { adapters: [LAW], load: true } }),
  `apiVersion: llm-d.nvidia.com/v1
kind: Tenants
metadata: { name: t }
spec:
  tenants:
    - { name: all }
    - { name: one, limits: { models: [one] } }
    - { name: mixed, limits: { models: [chat, sql] } }
    - { name: adapters, limits: { models: [law] } }
    - { name: spender, models: { two: { requestsPerMinute: 1 } } }
`,
];

let serve: ServeProcess;
before(async () => {
  serve = await startServe(DOCUMENTS.join("---\n"), { onLog: () => undefined });
});
after(() => serve.stop());

async function key(tenant: string): Promise<string> {
  const authorization = `Bearer ${readFileSync(serve.adminTokenFile, "utf8").trim()}`;
  const headers = { authorization, "content-type": "application/json" };
  const body = JSON.stringify({ tenant });
  const response = await fetch(`${serve.admin}/admin/v1/tenants/keys`, { method: "POST", headers, body });
  return String(((await response.json()) as { key: string }).key);
}

async function ask(bearer: string, model: string, user = "u") {
  const headers = { "content-type": "application/json", authorization: `Bearer ${bearer}` };
  const body = JSON.stringify({ model, user, max_tokens: 2, messages: [{ role: "user", content: "hi" }] });
  const response = await fetch(`${serve.data}/v1/chat/completions`, { method: "POST", headers, body });
  return { status: response.status, body: (await response.json()) as { model?: string; error?: { message: string } } };
}

async function sees(bearer: string): Promise<string[]> {
  const response = await fetch(`${serve.data}/v1/models`, { headers: { authorization: `Bearer ${bearer}` } });
  return ((await response.json()) as { data: { id: string }[] }).data.map(({ id }) => id);
}

test("/v1/models is what a tenant may use, and nothing else is served to it", async () => {
  const everything = ["one", "two", "chat", "sql", "law"];
  const allowed = { all: everything, one: ["one"], mixed: ["chat", "sql"], adapters: ["law"] };
  for (const [tenant, names] of Object.entries(allowed)) {
    const bearer = await key(tenant);
    assert.deepEqual(await sees(bearer), names, tenant);
    for (const name of everything) {
      if (name === "two") continue;
      const { status, body } = await ask(bearer, name);
      if (names.includes(name)) assert.deepEqual([tenant, status, body.model], [tenant, 200, name]);
      else
        assert.deepEqual([tenant, status, body.error?.message], [tenant, 404, `The model \`${name}\` does not exist.`]);
      const card = await fetch(`${serve.data}/v1/models/${name}`, { headers: { authorization: `Bearer ${bearer}` } });
      assert.equal(card.status, names.includes(name) ? 200 : 404);
    }
  }
});

test("a tenant's limit on one model leaves it the others, and counts what reaches it by an alias", async () => {
  const bearer = await key("spender");
  assert.equal((await ask(bearer, "two")).status, 200);
  assert.equal((await ask(bearer, "two")).status, 429);
  assert.equal((await ask(bearer, "one")).status, 200);
  const statuses = new Set<number>();
  for (let i = 0; i < 30; i++) statuses.add((await ask(bearer, "chat", `user ${i}`)).status);
  // A third of the sessions: none of 30 is one in 190,000.
  assert.deepEqual(statuses, new Set([200, 429]));
});
