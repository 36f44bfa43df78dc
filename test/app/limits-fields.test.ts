// spec.gateway.limits of a deployment file, each seen at the gateway it is for; the defaults would fail each test.
import assert from "node:assert/strict";
import { type AddressInfo, connect, createServer } from "node:net";
import { test } from "node:test";
import { temporaryFolder } from "../core/temporary-folder.ts";
import { type Behaviour, chunk, unary, within } from "../gateway/harness.ts";
import { admin, workers } from "./api.ts";
import { selfSigned } from "./self-signed.ts";
import { behind, fakeVllm, type Served, served } from "./served.ts";

/** Shorter than every default. */
const LIMIT_MS = 4000;

const limits = (change: Record<string, number>) => ({ gateway: { limits: change } });

const silent: Behaviour = () => {};
const oneToken: Behaviour = (_request, response) => {
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.write(chunk({ content: "Hel" }));
};
const overloaded: Behaviour = (_request, response) => {
  response.writeHead(503, { "content-type": "application/json" }).end('{"error":{"message":"queue is full"}}');
};

test("limits.bodyBytes: a longer body is answered with 413, and no worker sees it", async () => {
  const worker = await fakeVllm(unary);
  const serve = await served(behind(worker, { m: limits({ bodyBytes: 2048 }) }));
  assert.equal((await serve.ask("m", { user: "x".repeat(1500) })).status, 200);
  assert.equal((await serve.ask("m", { user: "x".repeat(2048) })).status, 413);
  assert.equal(worker.asked("m").length, 1);
});

test("limits.firstByteTimeoutMs: a worker that says nothing is given up", async () => {
  const worker = await fakeVllm(silent);
  const serve = await served(behind(worker, { m: limits({ firstByteTimeoutMs: 100 }) }));
  assert.equal((await within(serve.ask("m"), "the answer", LIMIT_MS)).status, 504);
});

test("limits.idleTimeoutMs: a stream that falls silent ends with an error event", async () => {
  const worker = await fakeVllm(oneToken);
  const serve = await served(behind(worker, { m: limits({ idleTimeoutMs: 100 }) }));
  assert.match((await within(serve.ask("m", { stream: true }), "the end", LIMIT_MS)).body, /limit: idle/);
});

test("limits.totalTimeoutMs: no request takes longer", async () => {
  const worker = await fakeVllm(oneToken);
  const serve = await served(behind(worker, { m: limits({ totalTimeoutMs: 150 }) }));
  assert.match((await within(serve.ask("m", { stream: true }), "the end", LIMIT_MS)).body, /limit: total/);
});

test("limits.connectTimeoutMs: a worker with which no connection comes about is given up", async () => {
  const worker = await fakeVllm(unary, selfSigned(temporaryFolder()));
  const front = await stallingFront(worker.port);
  const endpoints = [{ url: `https://127.0.0.1:${front.port}/m/0`, tls: { insecure: true } }];
  const spec = { serving: { workers: { endpoints } }, ...limits({ connectTimeoutMs: 100, retries: 0 }) };
  const serve = await served({ m: { spec } });
  front.stall();
  assert.equal((await within(serve.ask("m"), "the answer", LIMIT_MS)).status, 502);
});

test("limits.retries: how many more workers are tried", async () => {
  const worker = await fakeVllm(overloaded);
  const serve = await served(behind(worker, { r0: limits({ retries: 0 }), r1: limits({ retries: 1 }) }, 3));
  for (const name of ["r0", "r1"]) assert.equal((await serve.ask(name)).status, 503);
  assert.deepEqual([worker.asked("r0").length, worker.asked("r1").length], [1, 2]);
});

test("limits.retryBudgetRatio: 0 forbids retries, 1 pays for one a request", async () => {
  const worker = await fakeVllm(overloaded);
  const budget = (retryBudgetRatio: number) => limits({ retryBudgetRatio, retries: 1 });
  const serve = await served(behind(worker, { none: budget(0), quarter: budget(0.25), all: budget(1) }, 2));
  const names = ["none", "quarter", "all"];
  for (let i = 0; i < 20; i++) await Promise.all(names.map((name) => serve.ask(name)));
  // Ten retries are affordable before any traffic, then so many a request.
  assert.deepEqual(
    names.map((name) => worker.asked(name).length),
    [20, 20 + 10 + 5, 40],
  );
});

test("limits.queueLength: with all workers drained a request waits only where the queue has room", async () => {
  const worker = await fakeVllm(unary);
  const serve = await served(behind(worker, { full: limits({ queueLength: 0 }), roomy: limits({ queueLength: 1 }) }));
  await drainAll(serve);
  const waiting = serve.ask("roomy");
  assert.equal((await within(serve.ask("full"), "the refusal", LIMIT_MS)).status, 503);
  await undrainAll(serve);
  assert.equal((await within(waiting, "the answer", LIMIT_MS)).status, 200);
});

test("limits.queueTimeoutMs: with all workers drained nobody waits longer", async () => {
  const worker = await fakeVllm(unary);
  const serve = await served(behind(worker, { m: limits({ queueTimeoutMs: 50 }) }));
  await drainAll(serve);
  assert.equal((await within(serve.ask("m"), "the refusal", LIMIT_MS)).status, 503);
});

const drainAll = (serve: Served) => eachWorker(serve, "drain");
const undrainAll = (serve: Served) => eachWorker(serve, "undrain");

async function eachWorker(serve: Served, action: string): Promise<void> {
  for (const { id } of await workers(serve)) await admin(serve, `/admin/v1/workers/${id}/${action}`, "POST");
}

/** Passes bytes on until it is told to stall; then new connections are taken and never answered. */
async function stallingFront(port: number): Promise<{ readonly port: number; stall(): void }> {
  let stalled = false;
  const server = createServer((client) => {
    client.on("error", () => {});
    if (stalled) return;
    const worker = connect({ port, host: "127.0.0.1" }).on("error", () => client.destroy());
    client.pipe(worker).pipe(client);
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  server.unref();
  return { port: (server.address() as AddressInfo).port, stall: () => void (stalled = true) };
}
