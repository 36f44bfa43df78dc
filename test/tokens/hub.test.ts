// The model hub, played by a local server: cache, token, redirects, limits, failures.
import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { SwitchgearError } from "../../src/core/index.ts";
import { hubFromEnvironment, loadTextModel } from "../../src/tokens/index.ts";
import { fetchFromHub } from "../../src/tokens/hub.ts";
import { tinyJson } from "./tiny-tokenizer.ts";

const TOKEN = "hf_verysecret";
type Handler = (request: IncomingMessage, response: ServerResponse) => void;

let cacheFolder = "";
let servers: Server[] = [];

beforeEach(async () => {
  cacheFolder = await mkdtemp(join(tmpdir(), "switchgear-hub-"));
});

afterEach(async () => {
  await Promise.all(servers.map(close));
  servers = [];
  await rm(cacheFolder, { recursive: true });
});

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => void server.close(resolve));
}

async function hub(handler: Handler): Promise<{ endpoint: string; seen: IncomingMessage[] }> {
  const seen: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    seen.push(request);
    handler(request, response);
  });
  servers.push(server);
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

function serveFiles(files: Readonly<Record<string, string>>): Handler {
  return (request, response) => {
    const body = files[new URL(request.url ?? "", "http://hub").pathname.split("/").at(-1) ?? ""];
    response.writeHead(body === undefined ? 404 : 200).end(body ?? "");
  };
}

async function failure(run: Promise<unknown>): Promise<SwitchgearError> {
  const error = await run.then(
    () => assert.fail("it did not fail"),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof SwitchgearError, String(error));
  assert.equal(error.code, "SWG_HUB_FAILED");
  if (error.message.startsWith("cannot fetch")) assert.match(error.details.hint ?? "", /spec\.tokenizer\.path/);
  assert.ok(!`${error.stack}${JSON.stringify(error.details)}${String(error.cause)}`.includes(TOKEN));
  return error;
}

test("a model is fetched once with the token, and then comes from the cache", async () => {
  const { endpoint, seen } = await hub(
    serveFiles({
      "tokenizer.json": JSON.stringify(tinyJson()),
      "tokenizer_config.json": JSON.stringify({
        chat_template: "{{ messages[0].content }}{{ eos_token }}",
        eos_token: "<|im_end|>",
      }),
      "config.json": JSON.stringify({ max_position_embeddings: 40_960, eos_token_id: 301 }),
    }),
  );
  const source = { source: "hub", repository: "Qwen/Qwen3-0.6B" } as const;
  const model = await loadTextModel(source, { endpoint: `${endpoint}/`, token: TOKEN, cacheFolder });
  assert.equal(model?.maxModelLen, 40_960);
  assert.deepEqual(model?.tokenizer.endOfSequence, [301]);
  assert.deepEqual(model?.tokenizer.encode("Hi"), [256]);
  assert.equal(model?.template?.render({ messages: [{ role: "user", content: "x" }] }), "x<|im_end|>");
  assert.equal(seen[0]?.url, "/Qwen/Qwen3-0.6B/resolve/main/tokenizer.json");
  assert.ok(seen.every((request) => request.headers.authorization === `Bearer ${TOKEN}`));
  const requests = seen.length;
  await loadTextModel(source, { endpoint, cacheFolder });
  assert.equal(seen.length, requests);
});

test("nothing unfinished stays in the cache", async () => {
  const { endpoint } = await hub((_, response) => {
    response.writeHead(200, { "content-length": "100" });
    response.write("{", () => response.destroy());
  });
  const error = await failure(fetchFromHub("a/b", { endpoint, cacheFolder, token: TOKEN }));
  assert.match(error.message, /a\/b\/resolve\/main\/tokenizer\.json/);
  assert.deepEqual(await readdir(join(cacheFolder, "models--a--b", "main")), []);
});

test("a redirect to another host is followed without the token", async () => {
  const files = await hub(serveFiles({ "tokenizer.json": "{}" }));
  const { endpoint, seen } = await hub((request, response) => {
    const away = request.url?.endsWith("tokenizer.json")
      ? { location: `${files.endpoint}/blob/tokenizer.json?sig=1` }
      : {};
    response.writeHead("location" in away ? 302 : 404, away).end();
  });
  await fetchFromHub("a/b", { endpoint, token: TOKEN, cacheFolder });
  assert.equal(seen[0]?.headers.authorization, `Bearer ${TOKEN}`);
  assert.equal(files.seen.length, 1);
  assert.equal(files.seen[0]?.headers.authorization, undefined);
});

test("a redirect on the same host keeps the token; a circle ends", async () => {
  const { endpoint, seen } = await hub((_, response) => response.writeHead(307, { location: "/again" }).end());
  const error = await failure(fetchFromHub("a/b", { endpoint, token: TOKEN, cacheFolder }));
  assert.match(error.message, /redirects/);
  assert.equal(seen.length, 6);
  assert.equal(seen.at(-1)?.headers.authorization, `Bearer ${TOKEN}`);
});

const REFUSALS: readonly [number, RegExp][] = [
  [404, /404: no such model/],
  [401, /401: set HF_TOKEN/],
  [403, /403: set HF_TOKEN/],
  [500, /status 500/],
];
for (const [status, message] of REFUSALS) {
  test(`status ${status} is explained`, async () => {
    const { endpoint } = await hub((_, response) => response.writeHead(status).end(`token was ${TOKEN}`));
    assert.match((await failure(fetchFromHub("a/b", { endpoint, token: TOKEN, cacheFolder }))).message, message);
  });
}

test("too much, too slow, not there", async () => {
  const large = await hub((_, response) => response.end("x".repeat(2000)));
  const tooLarge = fetchFromHub("a/b", { endpoint: large.endpoint, cacheFolder, maxBytes: 1000 });
  assert.match((await failure(tooLarge)).message, /larger than 1000 bytes/);
  const slow = await hub(() => undefined);
  const tooSlow = fetchFromHub("a/b", { endpoint: slow.endpoint, cacheFolder, timeoutMs: 50 });
  assert.match((await failure(tooSlow)).message, /no answer in time/);
  const gone = await hub(() => undefined);
  const [server] = servers.splice(-1);
  if (server !== undefined) await close(server);
  assert.match((await failure(fetchFromHub("a/b", { endpoint: gone.endpoint, cacheFolder }))).message, /ECONNREFUSED/);
});

test("names that would leave the cache folder are refused, and so are endpoints that are no URL", async () => {
  for (const model of ["../x", "a/../b", "a/b/c", "/etc", "", "a b"])
    await failure(fetchFromHub(model, { cacheFolder }));
  await failure(fetchFromHub("a/b", { cacheFolder, revision: "../.." }));
  await failure(fetchFromHub("a/b", { cacheFolder, endpoint: "not a url" }));
  await failure(fetchFromHub("a/b", { cacheFolder, endpoint: "ftp://host" }));
});

test("the environment names endpoint, token and cache", () => {
  const options = hubFromEnvironment({ HF_ENDPOINT: "http://h", HF_TOKEN: "t", XDG_CACHE_HOME: "/c" });
  assert.deepEqual(options, { endpoint: "http://h", token: "t", cacheFolder: "/c/switchgear/hub" });
  assert.equal(hubFromEnvironment({ HF_TOKEN: "" }).token, undefined);
});
