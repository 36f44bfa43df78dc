// What people and files do to autoscaling while it runs: numbers by hand, reloads, dry runs.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, test } from "node:test";
import { closeAfterFile, forFile } from "../../core/closing.ts";
import { admin, eventually, requestsOf } from "../api.ts";
import {
  clients,
  engines,
  PATIENCE_MS,
  POOL,
  scale,
  type ScaledGateway,
  scaledGateway,
  settled,
  textOf,
} from "./scaled-gateway.ts";

/** Starts cost most here, so tests whose settings may be reloaded share a gateway. */
const WORKERS = { replicas: 1, maxReplicas: 3, maxBatchSize: 8 };
const folder = mkdtempSync(join(tmpdir(), "switchgear-steering-"));
let gateway: ScaledGateway;
before(async () => {
  closeAfterFile(() => rmSync(folder, { recursive: true }));
  gateway = await forFile(() => scaledGateway({ workers: WORKERS, autoscaling: { mode: "manual" } }, folder));
  closeAfterFile(() => gateway.stop());
});

async function reload(spec: Parameters<typeof textOf>[0]): Promise<void> {
  writeFileSync(join(folder, "scaled.yaml"), textOf({ workers: WORKERS, ...spec }));
  // The watch on the file may have been first.
  assert.match(String((await admin(gateway, "/admin/v1/reload", "POST"))["result"]), /^(applied|unchanged)$/);
}

test("a number by hand is kept over a reload, bounds are kept by everybody, and auto gives it back", async () => {
  await settled(gateway, 1);
  assert.match(
    (await scale(gateway, "set", POOL, "2")).out,
    /up from 1 to 2: a person asked for it[^]*done: started m-workers-1/,
  );
  await settled(gateway, 2);
  await reload({ workers: { ...WORKERS, maxReplicas: 4 }, autoscaling: { mode: "manual" } });
  await settled(gateway, 2);
  // None of these changes anything, so they need not wait for one another.
  const [refused, unknown, status, explained, dry] = await Promise.all([
    scale(gateway, "set", POOL, "5"),
    scale(gateway, "set", "nothing-workers", "1"),
    scale(gateway, "status"),
    scale(gateway, "explain", POOL, "--last", "1"),
    scale(gateway, "dry-run"),
  ]);
  assert.deepEqual([refused.code, /from 1 to 4/.test(refused.err)], [2, true]);
  assert.equal(unknown.code, 1);
  assert.match(status.out, /m-workers +manual +1-4 +2 +2 +0 +0 +none/);
  assert.match(explained.out, /holds 2: a person asked for it/);
  assert.match(dry.out, /nothing is changed: a dry run/);
  assert.equal((await scale(gateway, "set", POOL, "auto")).code, 0);
  await settled(gateway, 1);
});

test("what a leaving worker does not end in time goes on elsewhere and is counted", async () => {
  await reload({ autoscaling: { mode: "manual" }, more: { gateway: { drain: { workerTimeoutMs: 300 } } } });
  assert.equal(await gateway.set(2), 200);
  await settled(gateway, 2);
  const load = clients(gateway, 500);
  load.run(4);
  await eventually("both serve", async () => (await requestsOf(gateway)).every((one) => one > 0), PATIENCE_MS);
  assert.equal(await gateway.set(1), 200);
  await settled(gateway, 1);
  await load.stop();
  assert.deepEqual(load.failures, []);
  const page = await (await fetch(gateway.metrics)).text();
  assert.ok(Number(/autoscaling_moved_requests_total\{pool="m-workers"\} (\d+)/.exec(page)?.[1]) > 0);
});

test("autoscaling.warmupSeconds: a worker that joins gets a growing share of requests", async () => {
  await reload({ autoscaling: { mode: "manual", warmupSeconds: 600 } });
  assert.equal(await gateway.set(1), 200);
  await settled(gateway, 1);
  const load = clients(gateway, 100);
  load.run(8);
  await eventually("it is busy", async () => (await requestsOf(gateway))[0] === 8, PATIENCE_MS);
  assert.equal(await gateway.set(2), 200);
  await settled(gateway, 2);
  const before = load.whole;
  const shares: number[] = [];
  await eventually(
    "many are served",
    async () => {
      shares.push((await requestsOf(gateway))[1] ?? 0);
      return load.whole > before + 40;
    },
    PATIENCE_MS,
  );
  assert.equal(Math.max(...shares), 1, "one at a time at first");
  await load.stop();
  assert.deepEqual(load.failures, []);
  assert.equal(await gateway.set(1), 200);
  await settled(gateway, 1);
});

test("bug: mode: manual drained what another mode had started; it keeps what there is until it is told", async () => {
  const schedule = [{ from: "00:00", replicas: 2 }];
  await reload({ autoscaling: { mode: "schedule", schedule } });
  assert.equal(await gateway.set(null), 200);
  await settled(gateway, 2);
  await reload({ autoscaling: { mode: "manual" } });
  const last = (await gateway.decisions()).at(-1)?.decision.at ?? 0;
  const since = async () => (await gateway.decisions()).filter(({ decision }) => decision.at > last);
  await eventually("it decides again", async () => (await since()).length > 2, PATIENCE_MS);
  assert.ok((await since()).every(({ decision }) => decision.action === "hold"));
  await settled(gateway, 2);
  assert.equal(await gateway.set(null), 200);
  await settled(gateway, 1);
});

test("dryRun: decisions are recorded and shown, and nothing is started", async () => {
  await reload({ autoscaling: { mode: "schedule", schedule: [{ from: "00:00", replicas: 3 }], dryRun: true } });
  assert.equal(await gateway.set(null), 200);
  await eventually("a decision", async () => (await gateway.status()).desired === 3, PATIENCE_MS);
  const last = (await gateway.decisions()).at(-1);
  assert.equal(last?.applied, "nothing is changed: dryRun");
  assert.equal(engines(folder).length, 1, "none was started");
});
