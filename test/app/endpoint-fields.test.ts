// Fields of given workers in a deployment file, as those workers and the admin API see them.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Json, JsonObject } from "../config/deployment-text.ts";
import { temporaryFolder } from "../core/temporary-folder.ts";
import { unary } from "../gateway/harness.ts";
import { publisher } from "../kvindex/event-publisher.ts";
import { names, prompt, stored } from "../kvindex/events.ts";
import { admin, eventually, workers } from "./api.ts";
import { selfSigned } from "./self-signed.ts";
import { behind, type FakeVllm, fakeVllm, served } from "./served.ts";

/** A document with one endpoint, and what is said of that. */
const given = (worker: FakeVllm, name: string, endpoint: JsonObject): JsonObject => ({
  spec: { serving: { workers: { endpoints: [{ url: worker.url(name), ...endpoint }] } } },
});

const documents = (worker: FakeVllm, endpoints: Readonly<Record<string, JsonObject>>): Record<string, Json> =>
  Object.fromEntries(Object.entries(endpoints).map(([name, endpoint]) => [name, given(worker, name, endpoint)]));

test("url: a worker is probed and asked below the path of its address", async () => {
  const worker = await fakeVllm(unary);
  const serve = await served(behind(worker, { m: {} }));
  await serve.ask("m");
  const paths = new Set(worker.requests.map(({ path }) => path));
  for (const path of ["/m/0/health", "/m/0/v1/models", "/m/0/v1/chat/completions"]) assert.ok(paths.has(path), path);
});

test("key, keyFrom.env and keyFrom.file go to their worker as bearer key, and are shown nowhere", async (t) => {
  const worker = await fakeVllm(unary);
  const file = join(temporaryFolder(), "key");
  writeFileSync(file, "secret-of-file\n");
  process.env["SWITCHGEAR_TEST_KEY"] = "secret-of-env";
  t.after(() => delete process.env["SWITCHGEAR_TEST_KEY"]);
  const endpoints = {
    plain: { key: "secret-of-plain" },
    env: { keyFrom: { env: "SWITCHGEAR_TEST_KEY" } },
    file: { keyFrom: { file } },
  };
  const serve = await served(documents(worker, endpoints));
  for (const name of Object.keys(endpoints)) assert.equal((await serve.ask(name)).status, 200);
  for (const { path, headers } of worker.requests)
    assert.equal(headers.authorization, `Bearer secret-of-${path.split("/")[1]}`, path);
  const shown = [await admin(serve, "/admin/v1/config"), await admin(serve, "/admin/v1/workers")];
  const page = await (await fetch(serve.metrics ?? "")).text();
  assert.ok(serve.log.length > 0);
  assert.ok(!JSON.stringify([shown, serve.log, page]).includes("secret-of"));
});

test("tls.ca makes a certificate of one's own trusted, tls.insecure asks for none; else the worker is not used", async () => {
  const certificate = selfSigned(temporaryFolder());
  const worker = await fakeVllm(unary, certificate);
  const endpoints = {
    trusted: { tls: { ca: certificate.certFile } },
    unchecked: { tls: { insecure: true } },
    not: { tls: { insecure: false } },
  };
  const serve = await served(documents(worker, endpoints), { early: true });
  await eventually("two are ready, one is not trusted", async () => {
    return (await readyIds(serve)).length === 2 && worker.refused() > 1;
  });
  assert.deepEqual(await readyIds(serve), ["trusted-workers-0", "unchecked-workers-0"]);
  for (const name of ["trusted", "unchecked"]) assert.equal((await serve.ask(name)).status, 200, name);
  assert.ok(worker.requests.every(({ path }) => !path.startsWith("/not/")));
});

test("tls.cert and tls.key are shown to a worker that asks for them; without them it is not used", async () => {
  const { certFile, keyFile, cert, key } = selfSigned(temporaryFolder());
  const worker = await fakeVllm(unary, { cert, key, ca: cert, requestCert: true, rejectUnauthorized: true });
  const endpoints = { known: { tls: { ca: certFile, cert: certFile, key: keyFile } }, not: { tls: { ca: certFile } } };
  const serve = await served(documents(worker, endpoints), { early: true });
  await eventually("one is ready, one is sent away", async () => {
    return (await readyIds(serve)).length === 1 && worker.refused() > 1;
  });
  assert.deepEqual(await readyIds(serve), ["known-workers-0"]);
  assert.equal((await serve.ask("known")).status, 200);
  assert.ok(worker.requests.every(({ path }) => !path.startsWith("/not/")));
});

test("name, namespace, labels and annotations are shown by the admin API, an endpoint's labels with its worker", async () => {
  const worker = await fakeVllm(unary);
  const metadata = { namespace: "prod", labels: { team: "ml" }, annotations: { note: "x" } };
  const serve = await served({ m: { metadata, ...given(worker, "m", { labels: { zone: "a" } }) } });
  const { deployments } = (await admin(serve, "/admin/v1/config")) as { deployments: JsonObject[] };
  const [{ name, namespace, labels, annotations } = {}] = deployments;
  assert.deepEqual({ name, namespace, labels, annotations }, { name: "m", ...metadata });
  const [view] = (await admin(serve, "/admin/v1/workers"))["workers"] as JsonObject[];
  assert.deepEqual([view?.["id"], view?.["deployment"], view?.["labels"]], ["m-workers-0", "m", { zone: "a" }]);
});

async function readyIds(serve: Parameters<typeof workers>[0]): Promise<string[]> {
  return (await workers(serve)).filter(({ state }) => state === "ready").map(({ id }) => id);
}

const store = (number: number) => stored(names(number, 4), prompt(number, 4));

test("kvEvents.endpoint, replay and topic: where events come from; false subscribes to none, without it the worker is asked", async () => {
  const worker = await fakeVllm(unary);
  const [source, other] = [await publisher(), await publisher()];
  source.miss(store(1));
  // The star stands for the worker's host.
  const endpoint = source.endpoint.replace("127.0.0.1", "*");
  const serve = await served(
    listening(worker, {
      replayed: [{ endpoint, replay: source.replayEndpoint }],
      unreplayed: [{ endpoint }],
      mine: [{ endpoint: other.endpoint, topic: "mine" }],
      every: [{ endpoint: other.endpoint }],
      mixed: [false, null],
    }),
  );
  await eventually("the history is replayed", async () => (await entries(serve, "replayed")) === 4);
  assert.equal(await entries(serve, "unreplayed"), 0);
  await eventually("the one that listens to every topic holds both", async () => {
    await other.publishAs("mine", store(2));
    await other.publishAs("theirs", store(3));
    return (await entries(serve, "every")) === 8;
  });
  await eventually("the other one holds its topic's only", async () => (await entries(serve, "mine")) === 4);
  const { feeds } = (await admin(serve, "/admin/v1/index")) as { feeds: Record<string, { endpoint: string }> };
  assert.equal(feeds["unreplayed-workers-0"]?.endpoint, source.endpoint);
  assert.deepEqual([feeds["mixed-workers-0"], feeds["mixed-workers-1"]?.endpoint], [undefined, "tcp://127.0.0.1:5557"]);
});

test("the rules of other routers that look at caches hear of them, those that count requests do not", async () => {
  const worker = await fakeVllm(unary);
  const { endpoint } = await publisher();
  const one = (name: string, algorithm: string) => listening(worker, { [name]: [{ endpoint }] }, algorithm);
  const serve = await served({
    ...one("dynamo", "dynamo"),
    ...one("llmd", "llmd_sticky"),
    ...one("two", "power_of_two"),
  });
  const { feeds } = (await admin(serve, "/admin/v1/index")) as { feeds: Record<string, unknown> };
  assert.deepEqual(Object.keys(feeds).sort(), ["dynamo-workers-0", "llmd-workers-0"]);
});

/** Documents that route by KV events, with an endpoint for each of `kvEvents`; null = nothing is said. */
function listening(
  worker: FakeVllm,
  kvEvents: Readonly<Record<string, readonly Json[]>>,
  algorithm = "kv_aware",
): Record<string, Json> {
  const routed = { tokenizer: { source: "builtin" }, routing: { algorithm } };
  const all = Object.entries(kvEvents).map(([name, list]) => {
    const endpoints = list.map((one, i) => ({ url: worker.url(name, i), ...(one !== null && { kvEvents: one }) }));
    return [name, { spec: { ...routed, serving: { workers: { endpoints } } } }] as const;
  });
  return Object.fromEntries(all);
}

/** What the index holds of a document's first worker. */
async function entries(serve: Parameters<typeof workers>[0], name: string): Promise<number> {
  const { index } = (await admin(serve, "/admin/v1/index")) as { index: { byWorker: Record<string, number> } };
  return index.byWorker[`${name}-workers-0`] ?? 0;
}
