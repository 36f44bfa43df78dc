// A fleet before real sockets whose legs fail while /health stays well: who is taken out, how many, and who comes back.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { realClock, virtualClock } from "../../src/core/index.ts";
import { member } from "../../src/fleet/member.ts";
import { type ChangingFleet, type LegOutcome, startFleet, type Worker } from "../../src/fleet/index.ts";
import { closeAfterTest } from "../core/closing.ts";
import { eventually, testWorker } from "../gateway/harness.ts";
import { fakeWorker } from "./fake-worker.ts";
import { workerSpec } from "./worker-spec.ts";

async function fleetOf(count: number): Promise<ChangingFleet> {
  const workers = await Promise.all(Array.from({ length: count }, () => fakeWorker()));
  for (const one of workers) closeAfterTest(() => one.stop());
  const specs = workers.map((one, i) => workerSpec(`w${i}`, one.origin));
  const fleet = startFleet({ workers: specs, clock: realClock });
  closeAfterTest(() => fleet.close());
  await eventually(() => fleet.eligible("m", "both").length === count, "all ready");
  return fleet;
}

function worker(fleet: ChangingFleet, id: string): Worker {
  const found = fleet.workers().find((one) => one.id === id);
  assert.ok(found);
  return found;
}

/** As the gateway does: counted in the ledger, told, ended. */
function legs(fleet: ChangingFleet, id: string, outcome: LegOutcome, count = 1): void {
  for (let i = 0; i < count; i++) {
    const entry = worker(fleet, id).ledger.begin({ promptTokens: 10, cachedTokens: 0 });
    fleet.report(worker(fleet, id), outcome);
    entry.end();
  }
}

const idsOf = (fleet: ChangingFleet): string[] => fleet.eligible("m", "both").map(({ id }) => id);

test("failing requests take a worker out although its /health is well; one request at a time tries it again", async () => {
  const fleet = await fleetOf(3);
  legs(fleet, "w0", "failed", 5);
  assert.deepEqual(idsOf(fleet), ["w1", "w2"]);
  assert.equal(worker(fleet, "w0").breaker, "open");
  assert.equal(worker(fleet, "w0").state, "suspect");
  await eventually(() => idsOf(fleet).includes("w0"), "half open", 1000);
  const trial = worker(fleet, "w0").ledger.begin({ promptTokens: 10, cachedTokens: 0 });
  assert.deepEqual(idsOf(fleet), ["w1", "w2"]);
  fleet.report(worker(fleet, "w0"), "ok");
  trial.end();
  assert.equal(worker(fleet, "w0").state, "ready");
  assert.deepEqual(idsOf(fleet), ["w0", "w1", "w2"]);
});

test("ejection never goes below half of the pool", async () => {
  const fleet = await fleetOf(4);
  for (const id of ["w0", "w1", "w2", "w3"])
    for (const outcome of ["failed", "broken", "slow", "engine"] as const) legs(fleet, id, outcome, 20);
  assert.deepEqual(idsOf(fleet), ["w2", "w3"]);
});

test("the only worker of a pool is never ejected by what legs show", async () => {
  const fleet = await fleetOf(1);
  for (const outcome of ["failed", "broken", "slow", "engine"] as const) legs(fleet, "w0", outcome, 20);
  assert.equal(worker(fleet, "w0").state, "ready");
});

test("a drained worker does not count when it is asked how many may be ejected", async () => {
  const fleet = await fleetOf(3);
  fleet.drain("w2");
  legs(fleet, "w0", "engine");
  legs(fleet, "w1", "engine");
  assert.deepEqual(idsOf(fleet), ["w1"]);
});

test("overload and clients that leave eject nobody", async () => {
  const fleet = await fleetOf(2);
  legs(fleet, "w0", "overloaded", 100);
  for (let i = 0; i < 100; i++) worker(fleet, "w0").ledger.begin({ promptTokens: 10, cachedTokens: 0 }).end();
  assert.deepEqual(idsOf(fleet), ["w0", "w1"]);
});

test("bug: while the gateway's own process stood still, workers were taken for dead", async () => {
  const clock = virtualClock();
  const probes: ((answer: undefined) => void)[] = [];
  const client = { get: () => new Promise<undefined>((resolve) => void probes.push(resolve)), close: async () => {} };
  const successorOf = { ...testWorker("w", ""), state: "ready" as const };
  const one = member({
    spec: workerSpec("w", "http://127.0.0.1:1"),
    clock,
    client,
    successorOf,
    onChange: () => undefined,
  });
  const failProbe = async (afterMs: number): Promise<void> => {
    clock.advance(5000);
    // Time passes while the probe is out.
    clock.advance(afterMs);
    probes.shift()?.(undefined);
    await turn();
  };
  clock.advance(0);
  for (let i = 0; i < 10; i++) await failProbe(9000);
  assert.equal(one.worker.state, "ready");
  await one.close();
});
