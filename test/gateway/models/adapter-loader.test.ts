// Loading adapters: one at a time per worker, each once, and not again at once after a failure.
import assert from "node:assert/strict";
import { test } from "node:test";
import { virtualClock } from "../../../src/core/index.ts";
import { type AskWorker, adapterLoader, placeFor, RETRY_AFTER_MS } from "../../../src/gateway/models/adapter-loader.ts";
import { createMetrics, silentLog } from "../../../src/telemetry/index.ts";
import { testFleet, type TestWorker, testWorker } from "../harness.ts";

interface Load {
  readonly worker: string;
  readonly name: string;
  answer(status: number, text?: string): void;
  fail(): void;
}

function setUp(workers: TestWorker[]) {
  const loads: Load[] = [];
  const ask: AskWorker = (worker, { body }) =>
    new Promise((resolve, reject) => {
      loads.push({
        worker: worker.id,
        name: (JSON.parse(body) as { lora_name: string }).lora_name,
        answer: (status, text = "") => resolve({ status, text }),
        fail: () => reject(new Error("connection refused")),
      });
    });
  const clock = virtualClock();
  const refreshed: string[] = [];
  const fleet = { ...testFleet(workers), refresh: async (id: string) => void refreshed.push(id) };
  return {
    loads,
    clock,
    refreshed,
    loader: adapterLoader({ fleet, clock, log: silentLog, metrics: createMetrics(), ask }),
  };
}

const settled = () => new Promise((resolve) => void setImmediate(resolve));
const named = (name: string) => ({ name, path: `/adapters/${name}` });

test("many requests for an adapter are one load; its worker is asked what it holds before they go on", async () => {
  const one = testWorker("one", "http://127.0.0.1:1");
  const { loads, refreshed, loader } = setUp([one]);
  const all = [loader.load(named("a"), [one]), loader.load(named("a"), [one]), loader.load(named("a"), [one])];
  await settled();
  assert.deepEqual(
    loads.map(({ worker, name }) => [worker, name]),
    [["one", "a"]],
  );
  loads[0]?.answer(200);
  assert.deepEqual(await Promise.all(all), [{ ok: true }, { ok: true }, { ok: true }]);
  assert.deepEqual(refreshed, ["one"]);
});

test("a worker loads one adapter at a time; others go to a worker that is free", async () => {
  const [one, two] = [testWorker("one", "http://127.0.0.1:1"), testWorker("two", "http://127.0.0.1:2")];
  const { loads, loader } = setUp([one, two]);
  const results = ["a", "b", "c"].map((name) => loader.load(named(name), [one, two]));
  await settled();
  assert.deepEqual(
    loads.map(({ worker, name }) => [worker, name]),
    [
      ["one", "a"],
      ["two", "b"],
    ],
  );
  loads[0]?.answer(200);
  await settled();
  assert.deepEqual([loads[2]?.worker, loads[2]?.name], ["one", "c"]);
  loads[1]?.fail();
  loads[2]?.answer(200);
  assert.deepEqual(
    (await Promise.all(results)).map(({ ok }) => ok),
    [true, false, true],
  );
});

test("after a failure nothing is asked for a while, then it is", async () => {
  const one = testWorker("one", "http://127.0.0.1:1");
  const { loads, clock, loader } = setUp([one]);
  const first = loader.load(named("a"), [one]);
  await settled();
  loads[0]?.answer(404, "No adapter found");
  assert.deepEqual(await first, { ok: false, retryAfterMs: RETRY_AFTER_MS });
  clock.advance(1000);
  assert.deepEqual(await loader.load(named("a"), [one]), { ok: false, retryAfterMs: RETRY_AFTER_MS - 1000 });
  assert.equal(loads.length, 1);
  clock.advance(RETRY_AFTER_MS);
  const again = loader.load(named("a"), [one]);
  await settled();
  loads[1]?.answer(200);
  assert.deepEqual(await again, { ok: true });
});

test("an adapter that somebody else has loaded meanwhile is there", async () => {
  const one = testWorker("one", "http://127.0.0.1:1");
  const { loads, loader } = setUp([one]);
  const result = loader.load(named("a"), [one]);
  await settled();
  loads[0]?.answer(400, '{"error":{"message":"The lora adapter \'a\' has already been loaded."}}');
  assert.deepEqual(await result, { ok: true });
});

test("the place is the worker that loads nothing, then with the fewest adapters, then with the least to do", () => {
  const facts = (count: number) => ({
    ...testWorker("x", "http://127.0.0.1:1").facts,
    adapters: Array.from({ length: count }, (_, i) => `a${i}`),
  });
  const [full, empty, busy] = [
    testWorker("full", "http://127.0.0.1:1", { facts: facts(3) }),
    testWorker("empty", "http://127.0.0.1:2", { facts: facts(0) }),
    testWorker("busy", "http://127.0.0.1:3", { facts: facts(0) }),
  ];
  busy.ledger.begin({ promptTokens: 100, cachedTokens: 0 });
  assert.equal(placeFor([full, busy, empty], () => false)?.id, "empty");
  assert.equal(placeFor([full, busy, empty], (id) => id === "empty")?.id, "busy");
  assert.equal(placeFor([full, busy, empty], (id) => id !== "full")?.id, "full");
  assert.equal(
    placeFor([], () => false),
    undefined,
  );
});
