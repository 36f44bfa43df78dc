// The autoscaler at work on processes: up and down under load, a worker killed as it leaves, the gateway killed as one comes.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runCommand } from "../../../bench/lib/cli-command.ts";
import { readScaleRecords } from "../../../src/autoscaling/index.ts";
import { eventually, requestsOf, workers as workersOf } from "../api.ts";
import { clients, engines, enginePid, PATIENCE_MS, scaledGateway, settled } from "./scaled-gateway.ts";

test("one worker becomes four under load and one again, and no request fails", async () => {
  const gateway = await scaledGateway({ workers: { replicas: 1, maxReplicas: 4 } });
  const load = clients(gateway);
  for (const count of [1, 6, 12]) {
    const before = load.whole;
    load.run(count);
    await eventually("requests are served", () => load.whole > before + count, PATIENCE_MS);
  }
  await settled(gateway, 4);
  const peak = load.whole;
  load.run(1, 500);
  await settled(gateway, 1);
  assert.ok(load.whole > peak, "it served while workers left");
  await load.stop();
  assert.deepEqual(load.failures, []);
  const page = await (await fetch(gateway.metrics)).text();
  await gateway.stop();
  const file = join(gateway.folder, "autoscaling", "decisions.jsonl");
  const decisions = readScaleRecords(readFileSync(file, "utf8")).records.map(({ decision }) => decision);
  assert.ok(decisions.every(({ target }) => target >= 1 && target <= 4));
  assert.ok(decisions.every(({ current, target }) => current - target <= 1));
  const downs = decisions.filter(({ action, cause }) => action === "down" && cause === "slo").length;
  assert.ok(downs >= 3, "one at a time");
  assert.match(page, /autoscaling_workers\{pool="m-workers",kind="ready"\} 1$/m);
  const counted = /autoscaling_decisions_total\{pool="m-workers",action="down",cause="slo"\} (\d+)$/m.exec(page)?.[1];
  assert.equal(Number(counted), downs);
  const again = await runCommand(["scale", "replay", file]);
  assert.match(again.out, /^\d+ decisions made again, 0 differ$/m);
  assert.equal(again.code, 0, again.err);
});

test("a worker that is killed while it leaves takes no request with it and does not come back", async () => {
  const gateway = await scaledGateway({
    workers: { replicas: 3, minReplicas: 1, maxReplicas: 4, maxBatchSize: 4 },
    autoscaling: { mode: "manual" },
  });
  await settled(gateway, 3);
  const load = clients(gateway, 200);
  load.run(6);
  await eventually("each worker serves", async () => (await requestsOf(gateway)).every((one) => one > 0), PATIENCE_MS);
  assert.equal(await gateway.set(2), 200);
  const [leaving] = (await workersOf(gateway)).filter(({ state }) => state === "draining");
  assert.ok(leaving, "one drains");
  process.kill(enginePid(gateway.folder, leaving.id), "SIGKILL");
  await settled(gateway, 2);
  await load.stop();
  assert.deepEqual(load.failures, []);
  assert.ok(!(await workersOf(gateway)).some(({ id }) => id === leaving.id));
  await gateway.stop();
});

test("a gateway that is killed as workers start leaves none behind, and the next one has as many, none twice", async () => {
  const spec = { workers: { replicas: 1, maxReplicas: 3 }, autoscaling: { mode: "manual" } };
  const first = await scaledGateway(spec);
  await settled(first, 1);
  assert.equal(await first.set(3), 200);
  assert.ok(engines(first.folder).length > 1, "they start");
  process.kill(first.pid, "SIGKILL");
  await first.ended;
  const next = await scaledGateway(spec, first.folder);
  await settled(next, 3);
  const urls = (await workersOf(next)).map(({ url }) => url);
  assert.equal(new Set(urls).size, 3);
  assert.equal((await next.status()).mode, "manual");
  await next.stop();
  await eventually("no engine is left", () => engines(next.folder).length === 0, PATIENCE_MS);
});

test("the last worker goes when nobody asks, the model stays listed, and the next request waits for a new one", async () => {
  const gateway = await scaledGateway({
    workers: { minReplicas: 0, replicas: 1, maxReplicas: 2, maxBatchSize: 4 },
    autoscaling: { idleSeconds: 0.5, intervalSeconds: 0.3 },
  });
  await eventually("no worker is left", async () => (await gateway.status()).current === 0, PATIENCE_MS);
  await eventually("no engine is left", () => engines(gateway.folder).length === 0, PATIENCE_MS);
  const listed = (await (await fetch(`${gateway.data}/v1/models`)).json()) as { data: { id: string }[] };
  assert.deepEqual(
    listed.data.map(({ id }) => id),
    ["m"],
  );
  assert.equal((await fetch(`${gateway.data}/ready`)).status, 200);
  const load = clients(gateway);
  load.run(3);
  await eventually("those that waited are served", () => load.whole > 3, PATIENCE_MS);
  await load.stop();
  assert.deepEqual(load.failures, []);
  const causes = (await gateway.decisions()).filter(({ decision }) => decision.cause === "zero");
  assert.ok(causes.some(({ decision }) => /nobody has asked for \d+ ms/.test(decision.reason)));
  assert.ok(causes.some(({ decision }) => /requests wait and there is no worker/.test(decision.reason)));
  await eventually("it goes again", async () => (await gateway.status()).current === 0, PATIENCE_MS);
  await gateway.stop();
});

test("bug: without a leader nobody woke a model whose last worker had gone, and its requests failed", async () => {
  const cluster = { enabled: true, etcd: { endpoints: ["http://127.0.0.1:1"] } };
  const workers = { replicas: 1, minReplicas: 0, maxReplicas: 2 };
  const gateway = await scaledGateway({ workers, more: { gateway: { cluster } } });
  await settled(gateway, 1);
  assert.equal(await gateway.set(0), 200);
  await settled(gateway, 0);
  assert.equal(await gateway.set(null), 200);
  const load = clients(gateway);
  load.run(1, 100);
  await eventually("a request is served", () => load.whole > 0, PATIENCE_MS);
  await load.stop();
  assert.deepEqual(load.failures, []);
  await gateway.stop();
});
