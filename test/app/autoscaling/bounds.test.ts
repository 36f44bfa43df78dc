// What bounds a pool beside its own numbers: the GPUs there are, and its role.
import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually, workers } from "../api.ts";
import { clients, PATIENCE_MS, scale, scaledGateway, settled } from "./scaled-gateway.ts";

test("as many as there are GPUs for are started; what is short is said, and the next start does not fail of it", async () => {
  const spec = {
    workers: { replicas: 1, maxReplicas: 4 },
    autoscaling: { mode: "manual" },
    more: { launcher: { gpus: { devices: [{ id: "0" }, { id: "1" }] } } },
  };
  const own = await scaledGateway(spec);
  await settled(own, 1);
  assert.equal(await own.set(4), 200);
  await settled(own, 2);
  const { alarm } = await own.status();
  assert.match(alarm ?? "", /no further worker can be started: .*GPU/);
  await own.stop();
  const next = await scaledGateway(spec, own.folder);
  await settled(next, 2);
  await next.stop();
});

test("with roles each pool has bounds and a number of its own", async () => {
  const pool = { engine: "simulated", profile: "llama-3.1-8b-h100-tp1-bf16", speed: 50, replicas: 1 };
  const serving = { strategy: "disaggregated", workers: null, prefill: pool, decode: pool };
  const autoscaling = { enabled: true, mode: "manual", intervalSeconds: 0.4, maxDecodeReplicas: 2 };
  const own = await scaledGateway({ more: { serving, autoscaling } });
  const ids = async (): Promise<string[]> =>
    (await workers(own)).flatMap(({ id, state }) => (state === "ready" ? [id] : [])).toSorted();
  await eventually("both are ready", async () => (await ids()).length === 2, PATIENCE_MS);
  assert.equal((await scale(own, "set", "m-prefill", "2")).code, 2, "its bound is 1");
  assert.equal((await scale(own, "set", "m-decode", "2")).code, 0);
  await eventually("one decodes more", async () => (await ids()).length === 3, PATIENCE_MS);
  assert.deepEqual(await ids(), ["m-decode-0", "m-decode-1", "m-prefill-0"]);
  const load = clients(own);
  load.run(2);
  await eventually("they serve", () => load.whole > 4, PATIENCE_MS);
  await load.stop();
  assert.deepEqual(load.failures, []);
  const { out } = await scale(own, "status");
  assert.match(out, /^m-prefill +manual +1-1 +1 +1 /m);
  assert.match(out, /^m-decode +manual +1-2 +2 +2 /m);
  await own.stop();
});
