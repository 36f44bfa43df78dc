// Fields of models, pools and routing in a deployment file, seen at the workers and in the receipts of requests.
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { freePorts, requireFree } from "../../src/app/free-ports.ts";
import { realClock } from "../../src/core/index.ts";
import type { KvIndexStats } from "../../src/kvindex/index.ts";
import { policies, type PolicyName } from "../../src/routing/index.ts";
import type { JsonObject } from "../config/deployment-text.ts";
import { type Behaviour, unary } from "../gateway/harness.ts";
import { admin, eventually, prose } from "./api.ts";
import { behind, type FakeVllm, fakeVllm, type Served, served } from "./served.ts";

const algorithm = (name: string) => ({ routing: { algorithm: name } });

/** Inference requests of a model by worker. */
const counts = (worker: FakeVllm, model: string): number[] =>
  [0, 1].map((nth) => worker.asked(model).filter(({ path }) => path.startsWith(`/${model}/${nth}/`)).length);

test("routing.algorithm: in turn, to the least loaded, or where the prefix is", async () => {
  const held: (() => void)[] = [];
  const behave: Behaviour = (request, response) => {
    if (request.body.includes("hold")) held.push(() => unary(request, response));
    else unary(request, response);
  };
  const worker = await fakeVllm(behave);
  const names = ["round_robin", "least_loaded", "kv_aware"];
  const documents = names.map((name) => [name.replace("_", "-"), algorithm(name)] as const);
  const serve = await served(behind(worker, Object.fromEntries(documents), 2));
  const holding = serve.ask("least-loaded", { user: "hold" });
  await eventually("one worker is busy", () => held.length === 1);
  const busy = counts(worker, "least-loaded");
  const messages = [{ role: "user", content: prose(300, "same") }];
  for (let i = 0; i < 4; i++)
    for (const [name] of documents) assert.equal(await policyOf(serve, name, { messages }), name.replace("-", "_"));
  assert.deepEqual(counts(worker, "round-robin"), [2, 2]);
  assert.deepEqual(counts(worker, "least-loaded"), busy[0] === 1 ? [1, 4] : [4, 1]);
  assert.equal(Math.max(...counts(worker, "kv-aware")), 4);
  for (const release of held) release();
  await holding;
});

test("bug: the rules of other routers were the simulator's alone; each is an algorithm of the gateway", async () => {
  const worker = await fakeVllm(unary);
  const names = Object.keys(policies) as PolicyName[];
  const documents = names.map((name) => [name.replaceAll("_", "-"), algorithm(name)] as const);
  const serve = await served(behind(worker, Object.fromEntries(documents), 2));
  const messages = [{ role: "user", content: prose(300, "same") }];
  for (const name of names) {
    const asked = name.replaceAll("_", "-");
    assert.equal(await policyOf(serve, asked, { messages }), name);
    assert.equal(await policyOf(serve, asked, { messages }), name);
  }
});

test("routing.settings: an algorithm chooses by them", async () => {
  const worker = await fakeVllm(unary);
  const cacheAware = (settings: JsonObject) => ({ routing: { algorithm: "cache_aware", settings } });
  // No share of a prompt is above the second threshold: the worker that holds less is chosen.
  const specs = { sticks: cacheAware({ cacheThreshold: 0.2 }), spreads: cacheAware({ cacheThreshold: 1 }) };
  const serve = await served(behind(worker, specs, 2));
  for (let i = 0; i < 4; i++)
    for (const name of ["sticks", "spreads"])
      assert.equal((await serve.ask(name, { messages: [{ role: "user", content: prose(300, "same") }] })).status, 200);
  assert.equal(Math.max(...counts(worker, "sticks")), 4);
  assert.ok(Math.min(...counts(worker, "spreads")) >= 1, counts(worker, "spreads").join(" "));
});

test("servedNames: clients may ask for each, the workers are asked for the first", async () => {
  const worker = await fakeVllm(unary);
  const spec = { model: { name: "org/model", servedNames: ["first", "second"] } };
  const serve = await served({ m: { spec: { ...spec, serving: given(worker.url("first")) } } });
  for (const name of ["first", "second"]) assert.equal((await serve.ask(name)).status, 200);
  assert.equal((await serve.ask("org/model")).status, 404);
  assert.deepEqual(
    worker.asked("first").map(({ body }) => JSON.parse(body).model),
    ["first", "first"],
  );
});

test("costProfile: routing expects a larger model to take longer", async () => {
  const worker = await fakeVllm(unary);
  const judged = (name: string, costProfile: string) => ({
    spec: { serving: given(worker.url(name), { costProfile }), ...algorithm("kv_aware") },
  });
  const large = judged("large", "llama-3.1-70b-h100-tp4-bf16");
  const serve = await served({ large, small: judged("small", "llama-3.1-8b-h100-tp1-bf16") });
  const messages = [{ role: "user", content: prose(2000, "w") }];
  const [slow, fast] = [await receiptOf(serve, "large", { messages }), await receiptOf(serve, "small", { messages })];
  assert.ok(slow.predicted.ttftMs > 1.5 * fast.predicted.ttftMs, JSON.stringify([slow, fast]));
});

test("engine, command, args, env, replicas, ports and basePort: so many workers are started so, and are reached there", async () => {
  const base = await freePair();
  const [port = 0] = await freePorts(1);
  const command = [process.execPath, join(import.meta.dirname, "started-vllm.ts")];
  const started = (pool: JsonObject) => ({ spec: { serving: { workers: { endpoints: null, command, ...pool } } } });
  const counted = started({ engine: "vllm", replicas: 2, basePort: base, args: ["--enforce-eager"] });
  const env = { SWITCHGEAR_TEST_MARK: "mark-of-env" };
  const serve = await served({ counted, listed: started({ replicas: 1, ports: [port], env }) }, { early: true });
  await eventually("all three are ready", async () => {
    const { workers } = (await admin(serve, "/admin/v1/workers")) as { workers: { state: string }[] };
    return workers.length === 3 && workers.every(({ state }) => state === "ready");
  });
  const told = [await tells(serve, "counted"), await tells(serve, "counted"), await tells(serve, "listed")];
  assert.deepEqual(
    told.map((one) => one.port),
    [base, base + 1, port],
  );
  assert.deepEqual(
    told.map(({ mark }) => mark),
    [null, null, "mark-of-env"],
  );
  assert.deepEqual(
    told.map(({ args }) => args.includes("--enforce-eager")),
    [true, true, false],
  );
  assert.ok(!JSON.stringify([await admin(serve, "/admin/v1/config"), serve.log]).includes("mark-of-env"));
});

const given = (url: string, pool: JsonObject = {}) => ({ workers: { endpoints: [{ url }], ...pool } });

async function tells(serve: Served, model: string): Promise<{ port: number; args: string[]; mark: string | null }> {
  return JSON.parse((await serve.ask(model)).body);
}

interface Leg {
  readonly policy: string;
  readonly predicted: { readonly ttftMs: number; readonly cachedTokens: number };
}

async function receiptOf(serve: Served, model: string, body: Record<string, unknown>): Promise<Leg> {
  const { headers } = await serve.ask(model, body);
  const { legs } = (await admin(serve, `/admin/v1/requests/${String(headers["x-request-id"])}`)) as { legs: Leg[] };
  assert.ok(legs[0]);
  return legs[0];
}

async function policyOf(serve: Served, model: string, body: Record<string, unknown>): Promise<string> {
  return (await receiptOf(serve, model, body)).policy;
}

/** The first of two neighbouring ports that are free. */
async function freePair(): Promise<number> {
  // Under load most neighbours are taken by connections.
  for (const port of await freePorts(200)) {
    const next = await requireFree(port + 1, "a test").then(
      () => port < 65_535,
      () => false,
    );
    if (next) return port;
  }
  throw new Error("no two neighbouring ports are free");
}

test("kvCacheIndex.ttlSeconds: what was predicted from a request is forgotten at that age", async () => {
  const worker = await fakeVllm(unary);
  let ahead = 0;
  const clock = { ...realClock, now: () => realClock.now() + ahead };
  const indexed = (ttlSeconds: number) => ({ routing: { algorithm: "kv_aware", kvCacheIndex: { ttlSeconds } } });
  const serve = await served(behind(worker, { short: indexed(10), long: indexed(1000) }), { clock });
  const messages = [{ role: "user", content: prose(600, "same") }];
  const cached = async (model: string) => (await receiptOf(serve, model, { messages })).predicted.cachedTokens;
  for (const model of ["short", "long"]) {
    assert.equal(await cached(model), 0);
    assert.ok((await cached(model)) > 0, model);
  }
  ahead = 30_000;
  assert.equal(await cached("short"), 0);
  assert.ok((await cached("long")) > 0);
});

test("kvCacheIndex.maxBytes: the index takes no more, however many prompts come", async () => {
  const worker = await fakeVllm(unary);
  const maxBytes = 1 << 20;
  const spec = { tokenizer: { source: "builtin" }, routing: { algorithm: "kv_aware", kvCacheIndex: { maxBytes } } };
  const serve = await served(behind(worker, { m: spec }));
  const index = async () => ((await admin(serve, "/admin/v1/index")) as { index: KvIndexStats }).index;
  for (let i = 0; i < 100 && (await index()).evictions === 0; i++)
    await serve.ask("m", { messages: [{ role: "user", content: prose(8000, `p${i}-`) }] });
  const { bytes, evictions } = await index();
  assert.ok(evictions > 0 && bytes > maxBytes / 2 && bytes <= maxBytes, JSON.stringify({ bytes, evictions }));
});
