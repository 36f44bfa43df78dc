// The share of requests of a worker that has just joined.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { realClock } from "../../src/core/index.ts";
import { startFleet } from "../../src/fleet/index.ts";
import { type Ramp, rampedUp } from "../../src/fleet/ramp-up.ts";
import { eventually } from "../app/api.ts";
import { fakeWorker } from "./fake-worker.ts";
import { workerSpec } from "./worker-spec.ts";

const worker = (id: string, decodeRequests: number) => ({
  id,
  ledger: { load: { prefillRequests: 0, decodeRequests } },
});
const ids = (pool: readonly { readonly id: string }[]) => pool.map(({ id }) => id);

test("one request at first, then the share of the time that has passed, then all", () => {
  const ramps = new Map<string, Ramp>([["new", { readyAt: 1000, warmupMs: 10_000 }]]);
  const pool = (running: number) => [worker("a", 8), worker("b", 12), worker("new", running)];
  assert.deepEqual(ids(rampedUp(pool(0), ramps, 1000)), ["a", "b", "new"]);
  assert.deepEqual(ids(rampedUp(pool(1), ramps, 1000)), ["a", "b"]);
  assert.deepEqual(ids(rampedUp(pool(4), ramps, 6000)), ["a", "b", "new"]);
  assert.deepEqual(ids(rampedUp(pool(5), ramps, 6000)), ["a", "b"]);
  assert.deepEqual(ids(rampedUp(pool(50), ramps, 11_000)), ["a", "b", "new"]);
});

test("the pool is never emptied, and who does not ramp is never left out", () => {
  const running = fc.array(fc.record({ count: fc.nat(50), ramps: fc.boolean() }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(running, fc.nat(20_000), (all, now) => {
      const pool = all.map(({ count }, i) => worker(`w${i}`, count));
      const ramps = new Map(
        all.flatMap((one, i) => (one.ramps ? [[`w${i}`, { readyAt: 0, warmupMs: 10_000 }]] : [])) as [string, Ramp][],
      );
      const left = ids(rampedUp(pool, ramps, now));
      assert.ok(left.length > 0);
      for (const { id } of pool) assert.ok(ramps.has(id) || left.includes(id));
    }),
  );
});

test("only a worker that joins a running fleet ramps up", async () => {
  const [first, second] = [await fakeWorker(), await fakeWorker()];
  const specs = [first, second].map(({ origin }, i) => workerSpec(`w${i}`, origin, { warmupMs: 600_000 }));
  const fleet = startFleet({ workers: specs.slice(0, 1), clock: realClock });
  const eligible = (): string[] => ids(fleet.eligible("m", "both"));
  await eventually("the first is ready", () => eligible().length === 1);
  const [old] = fleet.workers();
  for (let i = 0; i < 4; i++) old?.ledger.begin({ promptTokens: 1, cachedTokens: 0 });
  assert.deepEqual(eligible(), ["w0"], "the first was there from the start");
  fleet.apply(specs);
  await eventually("the second is ready", () => eligible().length === 2);
  const leg = fleet.workers()[1]?.ledger.begin({ promptTokens: 1, cachedTokens: 0 });
  assert.deepEqual(eligible(), ["w0"]);
  leg?.end();
  assert.deepEqual(eligible(), ["w0", "w1"]);
  await fleet.close();
  await Promise.all([first.stop(), second.stop()]);
});
