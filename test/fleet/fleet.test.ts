// A fleet over real sockets: workers are found, lost, readmitted, drained, and checked against the deployment.
import assert from "node:assert/strict";
import { test } from "node:test";
import { realClock } from "../../src/core/index.ts";
import { type Fleet, startFleet, type Worker } from "../../src/fleet/index.ts";
import { fakeWorker } from "./fake-worker.ts";
import { workerSpec as spec } from "./worker-spec.ts";

/** Fails after two seconds. */
async function until(fleet: Fleet, holds: () => boolean): Promise<void> {
  if (holds()) return;
  await new Promise<void>((resolve, reject) => {
    const limit = setTimeout(
      () =>
        reject(
          new Error(
            `not within 2 s: ${fleet
              .workers()
              .map((one) => `${one.id} ${one.state}`)
              .join(", ")}`,
          ),
        ),
      2000,
    );
    const look = setInterval(() => {
      if (!holds()) return;
      clearTimeout(limit);
      clearInterval(look);
      resolve();
    }, 10);
  });
}

const stateOf = (fleet: Fleet, id: string): Worker["state"] | undefined =>
  fleet.workers().find((one) => one.id === id)?.state;

test("a worker that answers becomes ready, with its facts and KV event source", async () => {
  const worker = await fakeWorker();
  const fleet = startFleet({ workers: [spec("a", worker.origin)], clock: realClock });
  await until(fleet, () => stateOf(fleet, "a") === "ready");
  assert.deepEqual(fleet.workers()[0]?.facts, {
    version: "0.32.0",
    servedModels: ["m"],
    maxModelLen: 4096,
    blockSize: 32,
    kvBlocks: 1000,
    kvEvents: { endpoint: "tcp://127.0.0.1:5557", replayEndpoint: "tcp://127.0.0.1:5558", topic: "kv" },
  });
  assert.deepEqual(fleet.models(), ["m", "alias"]);
  assert.equal(fleet.eligible("alias", "both")[0]?.id, "a");
  assert.deepEqual(fleet.eligible("m", "decode"), []);
  assert.deepEqual(fleet.eligible("unknown", "both"), []);
  await fleet.close();
  await worker.stop();
});

test("a refused leg takes a worker out at once; it is readmitted when it is back", async () => {
  const [a, b] = [await fakeWorker(), await fakeWorker()];
  const fleet = startFleet({ workers: [spec("a", a.origin), spec("b", b.origin)], clock: realClock });
  await until(fleet, () => fleet.eligible("m", "both").length === 2);
  await a.stop();
  const dead = fleet.workers()[0];
  assert.ok(dead);
  fleet.report(dead, "refused");
  assert.deepEqual(
    fleet.eligible("m", "both").map((one) => one.id),
    ["b"],
  );
  await until(fleet, () => stateOf(fleet, "a") === "dead");
  const back = await fakeWorker(a.port);
  await until(fleet, () => fleet.eligible("m", "both").length === 2);
  await fleet.close();
  await Promise.all([back.stop(), b.stop()]);
});

test("a draining worker gets nothing new, undrain brings it back", async () => {
  const worker = await fakeWorker();
  const fleet = startFleet({ workers: [spec("a", worker.origin)], clock: realClock });
  await until(fleet, () => stateOf(fleet, "a") === "ready");
  assert.equal(fleet.drain("a"), true);
  assert.equal(stateOf(fleet, "a"), "draining");
  assert.deepEqual(fleet.eligible("m", "both"), []);
  assert.equal(fleet.undrain("a"), true);
  assert.equal(fleet.eligible("m", "both").length, 1);
  assert.equal(fleet.drain("nobody"), false);
  await fleet.close();
  await worker.stop();
});

test("a worker of another model is reported and never chosen; another context length is reported", async () => {
  const worker = await fakeWorker();
  worker.says.model = "other";
  const fleet = startFleet({
    workers: [spec("a", worker.origin, { maxModelLen: 8192, kvBlocks: 1500 })],
    clock: realClock,
  });
  await until(fleet, () => fleet.mismatches("a").length > 0);
  assert.deepEqual(fleet.mismatches("a"), [
    { field: "spec.model.name", expected: "m", found: "other", fatal: true },
    { field: "maxModelLen", expected: "8192", found: "4096", fatal: false },
    {
      field: "tensorParallelSize, gpuMemoryUtilization or costProfile",
      expected: "about 1500 KV blocks",
      found: "1000",
      fatal: false,
    },
  ]);
  assert.deepEqual(fleet.eligible("m", "both"), []);
  await fleet.close();
  await worker.stop();
});

test("an idle worker's metrics page is read once, not with every probe", async () => {
  const worker = await fakeWorker();
  const fleet = startFleet({ workers: [spec("a", worker.origin)], clock: realClock });
  await until(fleet, () => fleet.workers()[0]?.gauges !== undefined);
  // One read for the facts, one for the gauges.
  assert.equal(worker.seen.get("/metrics"), 2);
  await fleet.close();
  await worker.stop();
});

test("what is wrong with a worker is told: one that never came up, one that was lost, and nothing when it is well", async () => {
  const worker = await fakeWorker();
  const specs = [spec("up", worker.origin), spec("down", "http://127.0.0.1:1")];
  const fleet = startFleet({ workers: specs, clock: realClock });
  const told: string[] = [];
  fleet.onChange(({ id, state, trouble }) => told.push(`${id} ${state} ${trouble}`));
  const troubleOf = (id: string): string | undefined => fleet.workers().find((one) => one.id === id)?.trouble;
  await until(fleet, () => stateOf(fleet, "up") === "ready" && troubleOf("down") !== undefined);
  assert.equal(troubleOf("up"), undefined);
  assert.ok(told.includes("down starting GET /health: no connection: ECONNREFUSED"), told.join("\n"));
  await worker.stop();
  const [up] = fleet.workers();
  assert.ok(up);
  fleet.report(up, "refused");
  assert.deepEqual([up.state, up.trouble], ["suspect", "a request: refused"]);
  await until(fleet, () => stateOf(fleet, "up") === "dead");
  assert.ok(told.includes("up dead GET /health: no connection: ECONNREFUSED"), told.join("\n"));
  await fleet.close();
});
