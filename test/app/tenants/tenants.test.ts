// Tenants as users have them: real processes, simulated workers, keys made and ended over the admin API.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { type ServeProcess, startServe } from "../../../bench/lib/serve-process.ts";
import { eventually, prose } from "../api.ts";
import { testDeployment } from "../deployment.ts";

const DEPLOYMENT = `${testDeployment()}  gateway:
    receipts: { header: true }
`;

const TENANTS = `---
apiVersion: llm-d.nvidia.com/v1
kind: Tenants
metadata: { name: t }
spec:
  prices: { m: { inputPerMillion: 1, outputPerMillion: 2 } }
  tenants:
    - { name: alice }
    - { name: bob }
    - { name: one, sharingGroup: g }
    - { name: two, sharingGroup: g }
    - { name: operator, routeHeader: true }
    - { name: slow, slo: { ttftP99Ms: 60000, availabilityTarget: 0.5 }, limits: { requestsPerMinute: 2 } }
    - { name: bounded, limits: { budgets: [{ unit: tokens, per: day, amount: 1000000 }] } }
    - { name: narrow, limits: { models: [other] } }
    - { name: short, limits: { maxOutputTokens: 2, denyParameters: [logprobs] } }
`;

let serve: ServeProcess;
const log: string[] = [];
const made: string[] = [];
before(async () => {
  serve = await startServe(DEPLOYMENT + TENANTS, { onLog: (line) => void log.push(line) });
});
after(() => serve.stop());

async function post(path: string, body: object = {}, bearer?: string) {
  const token = bearer ?? readFileSync(serve.adminTokenFile, "utf8").trim();
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const response = await fetch(`${serve.admin}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

async function key(tenant: string, more: object = {}): Promise<string> {
  const { status, body } = await post("/admin/v1/tenants/keys", { tenant, ...more });
  assert.equal(status, 200);
  made.push(String(body["key"]));
  return String(body["key"]);
}

const idOf = (one: string): string => one.split("_")[1] ?? "";

async function chat(bearer: string | undefined, content: string, more: Record<string, unknown> = {}) {
  const headers = { "content-type": "application/json", ...(bearer && { authorization: `Bearer ${bearer}` }) };
  const body = JSON.stringify({ model: "m", max_tokens: 3, messages: [{ role: "user", content }], ...more });
  const response = await fetch(`${serve.data}/v1/chat/completions`, { method: "POST", headers, body });
  const text = await response.text();
  const json = (text.startsWith("{") ? JSON.parse(text) : {}) as Record<string, unknown>;
  return { status: response.status, headers: response.headers, body: json, text };
}

async function metrics(): Promise<string> {
  return (await fetch(serve.metrics)).text();
}

type Chat = Awaited<ReturnType<typeof chat>>;

function cached({ body }: Chat): number {
  return (body["usage"] as { prompt_tokens_details: { cached_tokens: number } }).prompt_tokens_details.cached_tokens;
}

function errorOf({ body }: Chat): { readonly code: unknown; readonly type: string; readonly message: string } {
  return body["error"] as { code: unknown; type: string; message: string };
}

interface Receipt {
  readonly tenant?: string;
  readonly legs: { readonly predicted: { readonly cachedTokens: number } }[];
}

async function receipt(answer: Chat): Promise<Receipt> {
  const id = answer.headers.get("x-request-id") ?? "";
  const token = readFileSync(serve.adminTokenFile, "utf8").trim();
  const response = await fetch(`${serve.admin}/admin/v1/requests/${id}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  return (await response.json()) as Receipt;
}

async function predicted(answer: Chat): Promise<number> {
  return (await receipt(answer)).legs[0]?.predicted.cachedTokens ?? -1;
}

test("once there are tenants, nobody is served without a proof, on no path that reaches a worker", async () => {
  for (const bearer of [undefined, "EMPTY", "swg_000000000000_".padEnd(60, "A")])
    assert.equal((await chat(bearer, "hi")).status, 401);
  const open = await fetch(`${serve.data}/tokenize`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: '{"model":"m","prompt":"x"}',
  });
  assert.equal(open.status, 401);
  assert.equal((await fetch(`${serve.data}/v1/models`)).status, 401);
  assert.equal((await fetch(`${serve.data}/health`)).status, 200);
  assert.equal((await chat(await key("alice"), "hi")).status, 200);
});

test("a guessed prompt of another tenant is cold, by its cached tokens and by prediction", async () => {
  const [alice, bob] = [await key("alice"), await key("bob")];
  const secret = prose(400, "secret");
  assert.equal(cached(await chat(alice, secret)), 0);
  await eventually("its own prompt is warm", async () => cached(await chat(alice, secret)) > 1000);
  await eventually("and is predicted to be", async () => (await predicted(await chat(alice, secret))) > 1000);
  for (const more of [{}, { cache_salt: "guess" }]) {
    for (let i = 0; i < 2; i++) {
      const guess = await chat(bob, `${secret} ${i}`, more);
      if (i > 0) continue;
      assert.equal(cached(guess), 0);
      assert.equal(await predicted(guess), 0);
    }
  }
  await eventually("the workers were seen to keep salts apart", async () => {
    const token = readFileSync(serve.adminTokenFile, "utf8").trim();
    const response = await fetch(`${serve.admin}/admin/v1/tenants`, { headers: { authorization: `Bearer ${token}` } });
    const { isolation } = (await response.json()) as { readonly isolation: readonly { readonly verdict: string }[] };
    return isolation.length > 0 && isolation.every(({ verdict }) => verdict === "works");
  });
  const again = await chat(alice, secret, { cache_salt: "mine" });
  assert.equal(cached(again), 0, "an own salt divides the tenant's cache");
});

test("tenants of one sharing group find each other's prefixes", async () => {
  const [one, two] = [await key("one"), await key("two")];
  const shared = prose(400, "shared");
  await chat(one, shared);
  await eventually("the other's prompt is warm", async () => cached(await chat(two, shared)) > 1000);
});

test("answers name no worker, unless the tenant may know; a receipt names the tenant", async () => {
  const plain = await chat(await key("alice"), "hi");
  assert.equal(plain.headers.get("x-switchgear-route"), null);
  assert.match((await chat(await key("operator"), "hi")).headers.get("x-switchgear-route") ?? "", /^worker=/);
  assert.equal((await receipt(plain)).tenant, "alice");
});

test("a limit answers 429 with Retry-After, OpenAI's headers and code; another tenant goes on", async () => {
  const slow = await key("slow");
  const [first, second, third] = [await chat(slow, "1"), await chat(slow, "2"), await chat(slow, "3")];
  assert.deepEqual([first.status, second.status, third.status], [200, 200, 429]);
  assert.equal(first.headers.get("x-ratelimit-limit-requests"), "2");
  assert.equal(first.headers.get("x-ratelimit-remaining-requests"), "1");
  const wait = Number(third.headers.get("retry-after"));
  assert.ok(wait >= 55 && wait <= 62, `Retry-After ${wait}`);
  assert.equal(third.headers.get("x-ratelimit-reset-requests"), wait < 60 ? `${wait}s` : `1m${wait - 60}s`);
  assert.equal(errorOf(third).code, "rate_limit_exceeded");
  assert.equal((await chat(await key("bob"), "4")).status, 200);
  for (const ended of ['outcome="ok"} 2\n', 'outcome="rejected"} 1\n'])
    await eventually(`the metrics have ${ended}`, async () =>
      (await metrics()).includes(`switchgear_tenant_requests_total{tenant="slow",${ended}`),
    );
  const page = await metrics();
  assert.match(page, /^switchgear_tenant_rejections_total\{tenant="slow",reason="requests"\} 1$/m);
  assert.match(page, /^switchgear_tenant_slo_availability_ratio\{tenant="slow"\} 0.5$/m);
  assert.match(page, /^switchgear_tenant_slo_requests_total\{tenant="slow",objective="availability",met="true"\} 2$/m);
});

test("metrics of a tenant: its tokens, cost, budget and objectives, without its keys", async () => {
  const bounded = await key("bounded");
  const used = (await chat(bounded, "count me")).body["usage"] as { prompt_tokens: number; completion_tokens: number };
  await eventually("its tokens are counted", async () =>
    (await metrics()).includes(
      `switchgear_tenant_tokens_total{tenant="bounded",kind="prompt"} ${used.prompt_tokens}\n`,
    ),
  );
  const page = await metrics();
  const figure = (line: string): number => Number(page.split(`\n${line} `)[1]?.split("\n")[0]);
  const cost = (used.prompt_tokens + 2 * used.completion_tokens) / 1e6;
  assert.ok(Math.abs(figure('switchgear_tenant_cost_total{tenant="bounded"}') - cost) < 1e-9);
  const budget = figure('switchgear_tenant_budget_used_ratio{tenant="bounded",unit="tokens",per="day",mode="hard"}');
  assert.ok(Math.abs(budget - (used.prompt_tokens + used.completion_tokens) / 1e6) < 1e-9, String(budget));
  assert.ok(figure("switchgear_ledger_waiting_rows") >= 0);
  for (const one of made) assert.ok(!page.includes(one) && !page.includes(idOf(one)));
});

test("what a tenant may not ask is refused in words that libraries know; what it may not see is not there", async () => {
  const narrow = await key("narrow");
  assert.equal((await chat(narrow, "hi")).status, 404);
  const models = await fetch(`${serve.data}/v1/models`, { headers: { authorization: `Bearer ${narrow}` } });
  assert.deepEqual(((await models.json()) as { data: unknown[] }).data, []);
  const short = await key("short");
  assert.equal(errorOf(await chat(short, "hi")).code, "max_output_tokens_exceeded");
  assert.equal(errorOf(await chat(short, "hi", { max_tokens: 2, logprobs: true })).code, "parameter_not_allowed");
  const silent = await chat(short, "hi", { max_tokens: undefined, ignore_eos: true });
  assert.equal((silent.body["usage"] as { completion_tokens: number }).completion_tokens, 2);
});

test("a rotated key is good for its overlap, a revoked one ends within a second, the last admin key only by force", async () => {
  const old = await key("alice");
  const rotated = await post(`/admin/v1/tenants/keys/${idOf(old)}/rotate`, { overlapSeconds: 60 });
  const next = String(rotated.body["key"]);
  made.push(next);
  assert.deepEqual([(await chat(old, "x")).status, (await chat(next, "x")).status], [200, 200]);
  await post(`/admin/v1/tenants/keys/${idOf(old)}/revoke`);
  await eventually("the revoked key is refused", async () => (await chat(old, "x")).status === 401, 1000);
  assert.equal((await chat(next, "x")).status, 200);
  assert.equal((await post("/admin/v1/tenants/keys/000000000000/revoke")).status, 404);
  const admin = await key("operator", { role: "admin" });
  assert.equal((await chat(admin, "x")).status, 401, "it is no key of the data port");
  const ended = await post("/admin/v1/tenants/keys", { tenant: "alice", expiresInSeconds: 0 }, admin);
  assert.equal(ended.status, 200);
  assert.equal((await chat(String(ended.body["key"]), "x")).status, 401);
  assert.equal((await post(`/admin/v1/tenants/keys/${idOf(admin)}/revoke`)).status, 409);
  assert.equal((await post(`/admin/v1/tenants/keys/${idOf(admin)}/rotate`, { expiresInSeconds: 0 })).status, 400);
  assert.equal((await post(`/admin/v1/tenants/keys/${idOf(admin)}/revoke`, { force: true })).status, 200);
  assert.equal((await post("/admin/v1/tenants/report", {}, admin)).status, 401);
});

test("bad calls of the admin API are refused with what was expected", async () => {
  for (const body of [
    {},
    { tenant: "Bad Name" },
    { tenant: "anonymous" },
    { tenant: "a", role: "root" },
    { tenant: "a", expiresInSeconds: -1 },
    { tenant: "a", label: "\n" },
    { tenant: "a", expiresInSecond: 60 },
    JSON.parse('{ "tenant": "a", "__proto__": { "role": "admin" } }') as object,
  ])
    assert.equal((await post("/admin/v1/tenants/keys", body)).status, 400, JSON.stringify(body));
  const { body: told } = await post("/admin/v1/tenants/report", { month: "2026-13" });
  const { body: misspelt } = await post("/admin/v1/tenants/usage", { tenants: "a" });
  assert.match(JSON.stringify(misspelt), /unknown member tenants; known: from, to, after, tenant, limit/);
  assert.match(JSON.stringify(told), /month: expected YYYY-MM, found \\"2026-13/);
});

test("the ledger has each request once: streams, and streams that the client left, too; it costs what the prices say", async () => {
  const bob = await key("bob");
  const headers = { "content-type": "application/json", authorization: `Bearer ${bob}` };
  const stream = { model: "m", stream: true, ignore_eos: true, messages: [{ role: "user", content: "count" }] };
  const body = JSON.stringify({ ...stream, max_tokens: 7 });
  await (await fetch(`${serve.data}/v1/chat/completions`, { method: "POST", headers, body })).text();
  const left = new AbortController();
  const long = await fetch(`${serve.data}/v1/chat/completions`, {
    method: "POST",
    headers,
    body: JSON.stringify({ ...stream, max_tokens: 4000 }),
    signal: left.signal,
  });
  const reader = long.body?.getReader();
  for (let i = 0; i < 5; i++) await reader?.read();
  left.abort();
  type Row = {
    keyId: string;
    outcome: string;
    inputTokens: number;
    outputTokens: number;
    cost: number;
    estimated: boolean;
  };
  const rows = async (): Promise<Row[]> => {
    const { body: answer } = await post("/admin/v1/tenants/usage", { tenant: "bob" });
    return (answer["rows"] as Row[]).filter(({ keyId }) => keyId === idOf(bob));
  };
  await eventually("both are in the ledger", async () => (await rows()).length === 2);
  const [whole, aborted] = await rows();
  assert.ok(whole && aborted);
  assert.deepEqual([whole.outcome, whole.outputTokens, whole.estimated], ["ok", 7, false]);
  assert.equal(whole.cost, whole.inputTokens * 1000 + 7 * 2000);
  const { body: page } = await post("/admin/v1/tenants/usage", { tenant: "bob", limit: 1 });
  const { body: rest } = await post("/admin/v1/tenants/usage", { tenant: "bob", ...(page["next"] as object) });
  const read = [page, rest].flatMap(({ rows: some }) => some as { readonly id: string }[]);
  const { body: all } = await post("/admin/v1/tenants/usage", { tenant: "bob" });
  assert.deepEqual(read, all["rows"], "page by page each row is read once");
  assert.equal(aborted.outcome, "aborted");
  assert.ok(aborted.outputTokens > 0 && aborted.outputTokens < 4000);
});

test("a reload changes limits; one that fails keeps the old", async () => {
  const file = join(dirname(serve.adminTokenFile), "deployment-0.yaml");
  const alice = await key("alice");
  const reload = async () => (await post("/admin/v1/reload")).body;
  writeFileSync(
    file,
    DEPLOYMENT + TENANTS.replace("{ name: alice }", "{ name: alice, limits: { denyParameters: [seed] } }"),
  );
  assert.notEqual((await reload())["result"], "rejected");
  assert.equal((await chat(alice, "x", { seed: 1 })).status, 400);
  writeFileSync(file, DEPLOYMENT + TENANTS.replace("{ name: alice }", "{ name: alice, limit: {} }"));
  const rejected = await reload();
  assert.equal(rejected["result"], "rejected");
  assert.match(String(rejected["reason"]), /unknown field|limit/);
  assert.equal((await chat(alice, "x", { seed: 1 })).status, 400);
  writeFileSync(file, DEPLOYMENT + TENANTS);
  assert.notEqual((await reload())["result"], "rejected");
  assert.equal((await chat(alice, "x", { seed: 1 })).status, 200);
});

test("no key is in any log line, metric or list", async () => {
  const metrics = await (await fetch(serve.metrics)).text();
  const token = readFileSync(serve.adminTokenFile, "utf8").trim();
  const list = await (
    await fetch(`${serve.admin}/admin/v1/tenants`, { headers: { authorization: `Bearer ${token}` } })
  ).text();
  const store = readFileSync(join(dirname(serve.adminTokenFile), "tenants.sqlite"), "latin1");
  assert.ok(made.length > 5);
  for (const one of made)
    for (const text of [log.join("\n"), metrics, list, store]) assert.ok(!text.includes(one.slice(17)));
});
