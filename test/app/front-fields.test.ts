// Fields that guard the data port: keys of clients, browsers of other origins, a path before all paths.
import assert from "node:assert/strict";
import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { noTenants } from "../../src/config/index.ts";
import type { JsonObject } from "../config/deployment-text.ts";
import { temporaryFolder } from "../core/temporary-folder.ts";
import { call, chat, unary } from "../gateway/harness.ts";
import { admin, eventually } from "./api.ts";
import { behind, fakeVllm, type Served, served } from "./served.ts";

async function before(gateway: JsonObject) {
  const worker = await fakeVllm(unary);
  const serve = await served(behind(worker, { m: { gateway } }));
  return { worker, serve };
}

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

function environment(t: TestContext, name: string, value: string): void {
  process.env[name] = value;
  t.after(() => delete process.env[name]);
}

test("apiKeys.env and files: without one of the keys vLLM's guarded paths answer 401 as vLLM does", async (t) => {
  environment(t, "SWITCHGEAR_TEST_CLIENT_KEY", "secret-of-env");
  const file = join(temporaryFolder(), "keys");
  writeFileSync(file, "secret-of-a\n\nsecret-of-b\r\n");
  const { serve, worker } = await before({ apiKeys: { env: ["SWITCHGEAR_TEST_CLIENT_KEY"], files: [file] } });
  for (const key of ["secret-of-env", "secret-of-a", "secret-of-b"])
    assert.equal((await serve.ask("m", {}, bearer(key))).status, 200, key);
  const wrong = ["Bearer secret-of-", "Bearer  secret-of-a", "Basic secret-of-a", "secret-of-a", "Bearer", "Bearer "];
  for (const authorization of wrong) {
    const { status, body, headers } = await serve.ask("m", {}, { authorization });
    assert.deepEqual([status, body, headers.vary], [401, '{"error":"Unauthorized"}', undefined], authorization);
  }
  assert.equal((await call(serve, { method: "GET", path: "/v1/models" })).status, 401);
  assert.equal((await call(serve, { method: "GET", path: "/v1/nothing" })).status, 401);
  assert.equal((await call(serve, { method: "OPTIONS" })).status, 405);
  assert.equal((await call(serve, { method: "GET", path: "/health" })).status, 200);
  assert.notEqual((await call(serve, { path: "/tokenize", body: "{}" })).status, 401);
  // Case of the scheme does not matter, and no key of a client goes on to a worker.
  assert.equal((await serve.ask("m", {}, { authorization: "bEARER secret-of-a" })).status, 200);
  assert.ok(worker.requests.every(({ headers }) => headers.authorization === undefined));
  await isNowhere(serve, "secret-of-");
});

async function isNowhere(serve: Served, secret: string): Promise<void> {
  const receipts = await Promise.all(requestIds(serve).map((id) => receiptText(serve, id)));
  assert.ok(receipts.length > 0);
  const page = await (await fetch(serve.metrics ?? "")).text();
  const shown = [await admin(serve, "/admin/v1/config"), await admin(serve, "/admin/v1/workers")];
  assert.ok(!JSON.stringify([serve.log, page, shown, receipts]).includes(secret));
}

function requestIds({ log }: Served): string[] {
  return log.flatMap((line) => (JSON.parse(line) as { requestId?: string }).requestId ?? []);
}

async function receiptText(serve: Served, id: string): Promise<string> {
  return JSON.stringify(await admin(serve, `/admin/v1/requests/${id}`));
}

test("apiKeys.guard: all asks for a key on every path but /health and /ready", async (t) => {
  environment(t, "SWITCHGEAR_TEST_CLIENT_KEY", "k");
  const { serve } = await before({ apiKeys: { env: ["SWITCHGEAR_TEST_CLIENT_KEY"], guard: "all" } });
  for (const path of ["/tokenize", "/score", "/pooling", "/nothing"])
    assert.equal((await call(serve, { path, body: "{}" })).status, 401, path);
  for (const path of ["/health", "/ready"])
    assert.equal((await call(serve, { method: "GET", path })).status, 200, path);
  assert.notEqual((await call(serve, { path: "/tokenize", body: "{}", headers: bearer("k") })).status, 401);
});

test("a variable or file of keys that is not there opens no port; one that is emptied later changes nothing", async () => {
  const worker = await fakeVllm(unary);
  const start = (apiKeys: JsonObject) => served(behind(worker, { m: { gateway: { apiKeys } } }));
  await assert.rejects(start({ env: ["SWITCHGEAR_TEST_MISSING"] }), { code: "SWG_SECRET_MISSING" });
  await assert.rejects(start({ files: ["/nowhere"] }), { code: "SWG_SECRET_MISSING" });
  const file = join(temporaryFolder(), "keys");
  writeFileSync(file, "old\n");
  const serve = await start({ files: [file] });
  writeFileSync(file, "\n\n");
  await eventually("it is refused", () => serve.log.some((line) => /not renewed/.test(line)));
  assert.equal((await serve.ask("m", {})).status, 401);
  assert.equal((await serve.ask("m", {}, bearer("old"))).status, 200);
  writeFileSync(`${file}.new`, "new\n");
  renameSync(`${file}.new`, file);
  await eventually("the new key is taken", async () => (await serve.ask("m", {}, bearer("new"))).status === 200);
  assert.equal((await serve.ask("m", {}, bearer("old"))).status, 401);
});

test("a port that is open to other machines without a key is told at the start", async () => {
  const worker = await fakeVllm(unary);
  const told = async (gateway: JsonObject) => {
    const { log } = await served(behind(worker, { m: { gateway } }));
    return log.some((line) => line.includes("everyone who can connect is served"));
  };
  const file = join(temporaryFolder(), "keys");
  writeFileSync(file, "sk-one\n");
  assert.equal(await told({ listener: { host: "0.0.0.0" } }), true);
  assert.equal(await told({ listener: { host: "0.0.0.0" }, apiKeys: { files: [file] } }), false);
  assert.equal(await told({}), false);
});

test("bug: a port that asks for tenants' keys was told as one that asks for none", async () => {
  const worker = await fakeVllm(unary);
  const told = async (anonymous: "allow" | "deny") => {
    const documents = behind(worker, { m: { gateway: { listener: { host: "0.0.0.0" } } } });
    const { log } = await served(documents, { tenants: { ...noTenants(), anonymous } });
    return log.some((line) => line.includes("everyone who can connect is served"));
  };
  assert.deepEqual([await told("deny"), await told("allow")], [false, true]);
});

test("listener.rootPath: paths are served below it and without it, and reach the worker without it", async () => {
  const { serve, worker } = await before({ listener: { rootPath: "/llm/a" } });
  const body = chat({ model: "m" });
  for (const path of ["/llm/a/v1/chat/completions", "/v1/chat/completions"])
    assert.equal((await call(serve, { path, body })).status, 200, path);
  assert.deepEqual([...new Set(worker.asked("m").map(({ path }) => path))], ["/m/0/v1/chat/completions"]);
  for (const path of [
    "/llm/av1/chat/completions",
    "/llm/v1/chat/completions",
    "/llm/a",
    "/llm/a/llm/a/v1/chat/completions",
  ])
    assert.equal((await call(serve, { path, body })).status, 404, path);
});

test("keys guard paths below the root path too", async (t) => {
  environment(t, "SWITCHGEAR_TEST_CLIENT_KEY", "k");
  const { serve } = await before({ listener: { rootPath: "/a" }, apiKeys: { env: ["SWITCHGEAR_TEST_CLIENT_KEY"] } });
  for (const path of ["/a/v1/models", "/v1/models"])
    assert.equal((await call(serve, { method: "GET", path })).status, 401, path);
  assert.equal((await call(serve, { method: "GET", path: "/a/v1/models", headers: bearer("k") })).status, 200);
});

const ORIGIN = "https://app.example";
const PREFLIGHT_VARY =
  "Origin, Access-Control-Request-Method, Access-Control-Request-Headers, Access-Control-Request-Private-Network";

const preflight = (serve: Served, more: Record<string, string> = {}) =>
  call(serve, {
    method: "OPTIONS",
    headers: { origin: ORIGIN, "access-control-request-method": "POST", ...more },
  });

test("cors: origins, methods, headers and credentials as Starlette's CORSMiddleware answers them", async () => {
  const listed = { allowedOrigins: [ORIGIN], allowedMethods: ["POST"], allowedHeaders: ["X-A", "authorization"] };
  const { serve } = await before({ cors: { ...listed, allowCredentials: true } });
  const good = await preflight(serve, { "access-control-request-headers": "content-type, x-a" });
  assert.deepEqual([good.status, good.body, good.headers.vary], [200, "OK", PREFLIGHT_VARY]);
  assert.equal(good.headers["access-control-allow-origin"], ORIGIN);
  assert.equal(good.headers["access-control-allow-methods"], "POST");
  assert.equal(
    good.headers["access-control-allow-headers"],
    "Accept, Accept-Language, Content-Language, Content-Type, X-A, authorization",
  );
  assert.deepEqual(
    [good.headers["access-control-allow-credentials"], good.headers["access-control-max-age"]],
    ["true", "600"],
  );
  const bad = await preflight(serve, {
    origin: "https://evil.example",
    "access-control-request-method": "PUT",
    "access-control-request-headers": "x-b",
    "access-control-request-private-network": "true",
  });
  assert.deepEqual([bad.status, bad.body], [400, "Disallowed CORS origin, method, headers, private-network"]);
  assert.equal(bad.headers["access-control-allow-origin"], undefined);
  const mine = await serve.ask("m", {}, { origin: ORIGIN });
  assert.deepEqual(
    [mine.headers["access-control-allow-origin"], mine.headers["access-control-allow-credentials"], mine.headers.vary],
    [ORIGIN, "true", "Origin"],
  );
  const other = await serve.ask("m", {}, { origin: "https://evil.example" });
  assert.deepEqual(
    [other.status, other.headers["access-control-allow-origin"], other.headers.vary],
    [200, undefined, "Origin"],
  );
});

test("cors: every origin, with and without credentials; refusals are marked too", async () => {
  const { serve } = await before({ cors: { allowedOrigins: ["*"] } });
  assert.equal((await serve.ask("m", {}, { origin: ORIGIN })).headers["access-control-allow-origin"], "*");
  assert.equal((await serve.ask("nope", {}, { origin: ORIGIN })).headers["access-control-allow-origin"], "*");
  const asked = await preflight(serve, { "access-control-request-headers": "x-anything" });
  assert.deepEqual(
    [asked.headers["access-control-allow-origin"], asked.headers["access-control-allow-headers"]],
    ["*", "x-anything"],
  );
  const named = await before({ cors: { allowedOrigins: ["*"], allowCredentials: true } });
  assert.equal((await named.serve.ask("m", {}, { origin: ORIGIN })).headers["access-control-allow-origin"], ORIGIN);
});

test("settings of the port that stand in the second deployment hold for the process", async (t) => {
  environment(t, "SWITCHGEAR_TEST_CLIENT_KEY", "k");
  const worker = await fakeVllm(unary);
  const apiKeys = { env: ["SWITCHGEAR_TEST_CLIENT_KEY"] };
  const serve = await served(behind(worker, { one: {}, two: { gateway: { apiKeys, listener: { rootPath: "/a" } } } }));
  assert.equal((await serve.ask("one", {})).status, 401);
  assert.equal((await call(serve, { method: "GET", path: "/a/v1/models", headers: bearer("k") })).status, 200);
});
