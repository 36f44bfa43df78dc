// Admission in front of real sockets: waiting, order, leaving, giving way, and honest refusals.
import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { request as httpRequest } from "node:http";
import { test } from "node:test";
import { loadLedger } from "../../../src/fleet/index.ts";
import type { GatewayModel } from "../../../src/gateway/index.ts";
import {
  call,
  chat,
  CONTROL_DEFAULTS,
  eventually,
  inTurn,
  LIMITS,
  testFleet,
  testGateway,
  testWorker,
  type Upstream,
  upstream,
} from "../harness.ts";

const ON = { starvationMs: 10_000, classHeader: true, sloHeader: true };

interface Setup {
  readonly up: Upstream & { readonly held: ServerResponse[] };
  readonly gateway: Awaited<ReturnType<typeof testGateway>>;
}

/** One worker that takes one request at a time and answers when told. */
async function fullAtOne(model: Partial<GatewayModel> = {}, queueLength = 10): Promise<Setup> {
  const held: ServerResponse[] = [];
  const up = Object.assign(await upstream((_request, response) => void held.push(response)), { held });
  const fleet = testFleet([testWorker("w1", up.origin, { maxSequences: 1, ledger: loadLedger() })]);
  const gateway = await testGateway({
    fleet,
    limits: { queueLength, queueTimeoutMs: 5000 },
    model: { admission: ON, ...model },
  });
  return { up, gateway };
}

function answer(response: ServerResponse | undefined): void {
  assert.ok(response !== undefined, "a request is at the worker");
  response.writeHead(200, { "content-type": "application/json" });
  response.end('{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}');
}

function said(up: Upstream): string[] {
  return up.requests.map(({ body }) => String((JSON.parse(body) as { readonly user: string }).user));
}

async function waiting({ gateway }: Setup): Promise<number> {
  const page = await gateway.metrics.page();
  const line = page.split("\n").find((one) => one.startsWith("switchgear_admission_queue{"));
  return Number(line?.split(" ").at(-1) ?? 0);
}

const as = (user: string, headers: Record<string, string> = {}) => ({ body: chat({ user }), headers });

test("admission: a request waits while a worker is full, and goes on when it has room", async () => {
  const setup = await fullAtOne();
  const { up, gateway } = setup;
  const first = call(gateway, as("first"));
  await eventually(() => up.held.length === 1, "the first is at the worker");
  const second = call(gateway, as("second"));
  await eventually(async () => (await waiting(setup)) === 1, "the second waits");
  assert.deepEqual(said(up), ["first"]);
  answer(up.held[0]);
  assert.equal((await first).status, 200);
  await eventually(() => up.held.length === 2, "the second is at the worker");
  answer(up.held[1]);
  assert.equal((await second).status, 200);
  assert.equal(await waiting(setup), 0);
});

test("a client that leaves while it waits is gone at once", async () => {
  const setup = await fullAtOne();
  const { up, gateway } = setup;
  const first = call(gateway, as("first"));
  await eventually(() => up.held.length === 1, "the first is at the worker");
  const leaving = httpRequest({
    host: "127.0.0.1",
    port: gateway.port,
    method: "POST",
    path: "/v1/chat/completions",
    headers: { "content-type": "application/json" },
  });
  leaving.on("error", () => undefined);
  leaving.end(chat({ user: "leaves" }));
  await eventually(async () => (await waiting(setup)) === 1, "it waits");
  leaving.destroy();
  await eventually(async () => (await waiting(setup)) === 0, "it is gone");
  assert.match(
    await gateway.metrics.page(),
    /switchgear_admission_total\{model="tiny",class="default",result="left"\} 1/,
  );
  answer(up.held[0]);
  await first;
  assert.deepEqual(said(up), ["first"]);
});

test("admission: classHeader puts interactive before batch, and batch that has not begun gives way", async () => {
  const setup = await fullAtOne();
  const { up, gateway } = setup;
  const batch = call(gateway, as("batch", { "x-switchgear-class": "batch" }));
  await eventually(() => up.held.length === 1, "batch is at the worker");
  const quick = call(gateway, as("quick", { "x-switchgear-class": "interactive" }));
  await eventually(() => up.requests.length === 2, "the worker is free for the other one");
  assert.deepEqual(said(up), ["batch", "quick"]);
  await up.requests[0]?.aborted;
  answer(up.held[1]);
  assert.equal((await quick).status, 200);
  await eventually(() => up.held.length === 3, "batch comes again");
  answer(up.held[2]);
  assert.equal((await batch).status, 200);
  assert.deepEqual(said(up), ["batch", "quick", "batch"]);
});

test("admission: sloHeader: what cannot begin in time is answered 503, a full queue 429, both with Retry-After", async () => {
  const setup = await fullAtOne({}, 1);
  const { up, gateway } = setup;
  const first = call(gateway, as("first"));
  await eventually(() => up.held.length === 1, "the first is at the worker");
  const hopeless = await call(gateway, as("hopeless", { "x-slo-ttft-ms": "1" }));
  assert.equal(hopeless.status, 503);
  assert.ok(Number(hopeless.headers["retry-after"]) >= 1);
  const second = call(gateway, as("second"));
  await eventually(async () => (await waiting(setup)) === 1, "the second waits");
  const full = await call(gateway, as("third"));
  assert.equal(full.status, 429);
  assert.ok(Number(full.headers["retry-after"]) >= 1);
  answer(up.held[0]);
  await first;
  await eventually(() => up.held.length === 2, "the second is at the worker");
  answer(up.held[1]);
  assert.equal((await second).status, 200);
});

test("admission: starvationMs lets batch pass though others wait", async () => {
  const setup = await fullAtOne({ admission: { ...ON, starvationMs: 1 } });
  const { up, gateway } = setup;
  const all = [call(gateway, as("first"))];
  await eventually(() => up.held.length === 1, "the first is at the worker");
  all.push(call(gateway, as("batch", { "x-switchgear-class": "batch" })));
  await eventually(async () => (await waiting(setup)) === 1, "batch waits");
  await new Promise((resolve) => setTimeout(resolve, 10));
  all.push(call(gateway, as("quick")));
  await eventually(async () => (await waiting(setup)) === 2, "both wait");
  for (let i = 0; i < 3; i++) {
    await eventually(() => up.held.length === i + 1, "the next is at the worker");
    answer(up.held[i]);
    assert.equal((await all[i])?.status, 200);
  }
  assert.deepEqual(said(up), ["first", "batch", "quick"]);
});

test("without admission all are sent at once", async () => {
  const { up, gateway } = await fullAtOne({ admission: undefined });
  const both = [call(gateway, as("a")), call(gateway, as("b"))];
  await eventually(() => up.held.length === 2, "both are at the worker");
  for (const one of up.held) answer(one);
  for (const one of both) assert.equal((await one).status, 200);
});

test("a reload of admission settings leaves nobody behind in the queue of before", async () => {
  const held: ServerResponse[] = [];
  const up = Object.assign(await upstream((_request, response) => void held.push(response)), { held });
  const fleet = testFleet([testWorker("w1", up.origin, { maxSequences: 1, ledger: loadLedger() })]);
  const policy = inTurn();
  const parts = { name: "tiny", policy, loadPolicy: policy, prompt: undefined, controls: CONTROL_DEFAULTS };
  let admission = ON;
  const model = (): GatewayModel => ({
    ...parts,
    limits: { ...LIMITS, queueLength: 10, queueTimeoutMs: 5000 },
    admission,
  });
  const setup = { up, gateway: await testGateway({ fleet, options: { model } }) };
  const first = call(setup.gateway, as("first"));
  await eventually(() => held.length === 1, "the first is at the worker");
  const before = call(setup.gateway, as("before"));
  await eventually(async () => (await waiting(setup)) === 1, "one waits");
  admission = { ...ON };
  const after = call(setup.gateway, as("after"));
  await eventually(async () => (await waiting(setup)) === 2, "two wait");
  for (let served = 0; served < 3; served++) {
    await eventually(() => held.length > served, "the next is at the worker");
    answer(held[served]);
  }
  assert.deepEqual(
    (await Promise.all([first, before, after])).map(({ status }) => status),
    [200, 200, 200],
  );
  assert.deepEqual(said(up), ["first", "before", "after"]);
});

test("without room to wait a request still goes to a worker that is free", async () => {
  const { up, gateway } = await fullAtOne({}, 0);
  const first = call(gateway, as("first"));
  await eventually(() => up.held.length === 1, "the first is at the worker");
  assert.equal((await call(gateway, as("second"))).status, 429);
  answer(up.held[0]);
  assert.equal((await first).status, 200);
});
