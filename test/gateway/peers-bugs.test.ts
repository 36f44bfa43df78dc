// Bugs that users of other gateways reported: each has a test here or is shown to have one elsewhere.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { test } from "node:test";
import { kvFeeds } from "../../src/app/kv-feeds.ts";
import { realClock } from "../../src/core/index.ts";
import { type ChangingFleet, startFleet } from "../../src/fleet/index.ts";
import { memoryIndex } from "../../src/kvindex/index.ts";
import { silentLog } from "../../src/telemetry/index.ts";
import { workerAnswer } from "../fleet/fake-worker.ts";
import { workerSpec } from "../fleet/worker-spec.ts";
import {
  type Behaviour,
  call,
  chat,
  chunk,
  eventually,
  streamed,
  testFleet,
  testGateway,
  testWorker,
  type TestGateway,
  type Upstream,
  upstream,
} from "./harness.ts";
import { PEERS_BUGS } from "./peers-bugs.ts";

const CONTROL = new Set(["/health", "/version", "/v1/models", "/metrics", "/kv_event_sources"]);

/** A worker whose control paths are well and whose inference is `behave`. */
function worker(behave: Behaviour): Promise<Upstream> {
  const says = { model: "tiny", maxModelLen: 4096, health: 200, running: 0 };
  return upstream((asked, response) => {
    if (!CONTROL.has(asked.path)) return behave(asked, response);
    const { status, body } = workerAnswer(asked.path, says);
    response.writeHead(status).end(body);
  });
}

interface Real {
  readonly gateway: TestGateway;
  readonly fleet: ChangingFleet;
}

/** The real fleet before real sockets. */
async function before(workers: readonly Upstream[]): Promise<Real> {
  const fleet = startFleet({
    workers: workers.map(({ origin }, i) =>
      workerSpec(`w${i}`, origin, { model: "tiny", aliases: [], kvEvents: false }),
    ),
    clock: realClock,
  });
  const shown = { ...testFleet([], ["tiny"]), ...fleet };
  const gateway = await testGateway({ fleet: shown, limits: { queueLength: 10, queueTimeoutMs: 300, retries: 0 } });
  await eventually(() => fleet.eligible("tiny", "both").length === workers.length, "all ready");
  return { gateway, fleet };
}

const says =
  (status: number): Behaviour =>
  (_request, response) =>
    void response.writeHead(status, { "content-type": "application/json" }).end('{"error":{"message":"full"}}');

const breakers = ({ fleet }: Real): (string | undefined)[] => fleet.workers().map(({ breaker }) => breaker);

/** Hours long, and by hand. */
const SOAK = 25;

test("every row of peers' bugs has its test", () => {
  const rows = new Set(PEERS_BUGS.map(({ row }) => row));
  const missing = Array.from({ length: 30 }, (_, i) => i + 1).filter((row) => !rows.has(row) && row !== SOAK);
  assert.deepEqual(missing, []);
  for (const { row, file, test: name } of PEERS_BUGS)
    assert.ok(readFileSync(file, "utf8").includes(name), `row ${row}: ${file} has no test "${name}"`);
});

test("peers 4: 429 and 503 of a full worker do not open its breaker, and 500 of a broken one does", async () => {
  const real = await before([await worker(says(429)), await worker(says(503)), await worker(says(500))]);
  for (let i = 0; i < 60; i++) await call(real.gateway, { body: chat() });
  assert.deepEqual(breakers(real).slice(0, 2), [undefined, undefined]);
  assert.notEqual(breakers(real)[2], undefined);
  await real.fleet.close();
});

/** An error event under 200, after a token. */
const failsInBand =
  (code: number): Behaviour =>
  (_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.end(`${chunk({ content: "Hel" })}data: {"error":{"message":"no","code":${code}}}\n\ndata: [DONE]\n\n`);
  };

test("bug: errors within streams were not held against their worker; those of a full one never are", async () => {
  for (const sampling of [{ temperature: 1 }, { temperature: 0 }]) {
    const real = await before([await worker(failsInBand(500)), await worker(failsInBand(429))]);
    for (let i = 0; i < 40; i++) await call(real.gateway, { body: chat({ stream: true, ...sampling }) });
    assert.notEqual(breakers(real)[0], undefined);
    assert.equal(breakers(real)[1], undefined);
    await real.fleet.close();
  }
});

test("peers 5, 27: 2,048 concurrent requests on healthy workers open no breaker, cost no answer, and poison nothing after them", async () => {
  const all = 2048;
  const wave = 128;
  const waiting: (() => void)[] = [];
  let held = true;
  const patient: Behaviour = (request, response) => {
    if (held) waiting.push(() => streamed(request, response));
    else streamed(request, response);
  };
  const real = await before([await worker(patient), await worker(patient)]);
  const agent = new Agent({ keepAlive: false, maxSockets: all });
  const answers: Promise<string>[] = [];
  // The test's own connections come in waves: how many a kernel queues is not what is tested.
  for (let sent = wave; sent <= all; sent += wave) {
    answers.push(...Array.from({ length: wave }, () => asked(real.gateway.port, agent)));
    await eventually(() => waiting.length === sent, `${sent} requests at the workers`, 20_000);
  }
  assert.equal(real.gateway.inflight, all);
  held = false;
  for (const go of waiting) go();
  assert.deepEqual([...new Set(await Promise.all(answers))], ["200 whole"]);
  agent.destroy();
  assert.deepEqual(breakers(real), [undefined, undefined]);
  assert.ok(real.fleet.workers().every(({ state }) => state === "ready"));
  assert.equal((await call(real.gateway, { body: chat({ stream: true }) })).status, 200);
  await eventually(() => real.gateway.inflight === 0, "nothing in flight");
  await real.fleet.close();
});

function asked(port: number, agent: Agent): Promise<string> {
  return new Promise((resolve) => {
    const headers = { "content-type": "application/json" };
    const sent = request({ port, host: "127.0.0.1", path: "/v1/chat/completions", method: "POST", agent, headers });
    sent.on("response", (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => void (text += chunk.toString()));
      response.on("close", () =>
        resolve(`${response.statusCode} ${text.endsWith("data: [DONE]\n\n") ? "whole" : text}`),
      );
    });
    sent.on("error", (error) => resolve(String(error)));
    sent.end(chat({ stream: true }));
  });
}

test("peers 7: a worker that leaves takes its index entries, metrics and connections with it", async () => {
  const one = await worker(streamed);
  const two = await worker(streamed);
  const { fleet } = await before([one, two]);
  const index = memoryIndex({ ttlSeconds: 300, maxBytes: 1 << 20, seedOf: () => ({ model: "tiny" }) });
  const feeds = kvFeeds({ deployments: [], fleet, index, clock: realClock, log: silentLog });
  index.predict("w0", { blockSize: 16, count: 2, words: Int32Array.of(1, 2, 3, 4) }, 0);
  assert.equal(index.heldBlocks("w0"), 2);
  fleet.apply([workerSpec("w1", two.origin, { model: "tiny", aliases: [], kvEvents: false })]);
  await eventually(() => fleet.workers().length === 1, "it has left");
  assert.equal(index.heldBlocks("w0"), 0);
  assert.equal(index.stats().byWorker["w0"], undefined);
  await feeds.close();
  await fleet.close();
});

test("bug: what was predicted of a worker without events was still believed after it had died", async () => {
  const fleet = testFleet([testWorker("w", "http://127.0.0.1:1")]);
  const index = memoryIndex({ ttlSeconds: 300, maxBytes: 1 << 20, seedOf: () => ({ model: "tiny" }) });
  const feeds = kvFeeds({ deployments: [], fleet, index, clock: realClock, log: silentLog });
  index.predict("w", { blockSize: 16, count: 2, words: Int32Array.of(1, 2, 3, 4) }, 0);
  fleet.setState("w", "suspect");
  assert.equal(index.heldBlocks("w"), 2);
  fleet.setState("w", "dead");
  assert.equal(index.heldBlocks("w"), 0);
  await feeds.close();
});

test("peers 22: all workers out: 503 with Retry-After, and service again within a second of one that is back, without a restart", async () => {
  const one = await worker(streamed);
  const real = await before([one]);
  await one.close();
  assert.equal((await call(real.gateway, { body: chat() })).status, 502);
  await eventually(() => real.fleet.workers()[0]?.state === "dead", "it is known to be dead", 5000);
  const refused = await call(real.gateway, { body: chat() });
  assert.equal(refused.status, 503);
  assert.equal(refused.headers["retry-after"], "1");
  one.server.listen(one.port, "127.0.0.1");
  const back = performance.now();
  await eventually(() => real.fleet.eligible("tiny", "both").length === 1, "it is used again", 2000);
  assert.ok(performance.now() - back < 1000, `${performance.now() - back} ms`);
  assert.equal((await call(real.gateway, { body: chat() })).status, 200);
  await real.fleet.close();
  one.server.closeAllConnections();
  await new Promise((resolve) => one.server.close(resolve));
});

test("peers 23: load and breaker of a worker outlive a change of the others, and one that left is not believed any more", async () => {
  const [one, two, other] = [await worker(streamed), await worker(streamed), await worker(streamed)];
  const real = await before([one, other, two]);
  const first = real.fleet.workers()[0];
  assert.ok(first);
  const entry = first.ledger.begin({ promptTokens: 100, cachedTokens: 0 });
  real.fleet.report(first, "engine");
  assert.equal(first.breaker, "open");
  const stays = { model: "tiny", aliases: [], kvEvents: false } as const;
  real.fleet.apply([workerSpec("w0", one.origin, stays), workerSpec("w2", two.origin, stays)]);
  await eventually(() => real.fleet.workers().length === 2, "the other one has left");
  assert.equal(real.fleet.workers()[0]?.ledger.load.prefillTokens, 100);
  assert.notEqual(real.fleet.workers()[0]?.breaker, undefined);
  entry.end();
  assert.doesNotMatch(await real.gateway.metrics.page(), /switchgear_worker_state\{[^}]*w1/);
  await real.fleet.close();
});
