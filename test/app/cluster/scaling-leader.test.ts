// Autoscaling among gateways of a cluster: only the leader decides, and the next leader after it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { ScaleRecord } from "../../../src/autoscaling/index.ts";
import { type EtcdCluster, etcdCluster, skip } from "../../cluster/etcd-cluster.ts";
import { admin, eventually } from "../api.ts";
import { unary } from "../../gateway/harness.ts";
import { behind, fakeVllm, type Served, served } from "../served.ts";
import { PATIENCE_MS, POOL, type ScaledGateway, scaledGateway, settled } from "../autoscaling/scaled-gateway.ts";

let etcd: EtcdCluster;
before(async () => {
  if (skip === false) etcd = await etcdCluster({ size: 1 });
});
after(() => etcd?.close());

test(
  "of two gateways only the leader decides on replicas, and the other one after it",
  { skip, timeout: 120_000 },
  async () => {
    const cluster = { enabled: true, name: "scaling", etcd: { endpoints: [...etcd.endpoints] } };
    const spec = { workers: { replicas: 1, maxReplicas: 2 }, more: { gateway: { cluster } } };
    const leader = await scaledGateway(spec);
    await settled(leader, 1);
    await decidesTwice(leader);
    const follower = await scaledGateway(spec);
    await settled(follower, 1);
    await decidesTwice(leader);
    assert.deepEqual(await follower.decisions(), []);
    await leader.stop();
    await decidesTwice(follower);
    await follower.stop();
  },
);

test("the leader counts what clients ask of the other gateways, where all use the same workers", { skip }, async () => {
  const worker = await fakeVllm(unary);
  const cluster = { enabled: true, name: "demand", etcd: { endpoints: [...etcd.endpoints] } };
  const spec = { gateway: { cluster }, autoscaling: { enabled: true, intervalSeconds: 0.2 } };
  const all = [await served(behind(worker, { m: spec })), await served(behind(worker, { m: spec }))];
  const demands = async (): Promise<readonly number[]> => {
    const asked = all.map((one) => admin(one, `/admin/v1/scale/${POOL}/decisions`));
    const told = (await Promise.all(asked)).map(({ decisions }) => decisions as readonly ScaleRecord[]);
    return told.map((of) => Math.max(0, ...of.map(({ decision }) => decision.inputs.demand?.requestsPerSecond ?? 0)));
  };
  // Only one of the two decides; the clients are the other one's.
  await eventually(
    "one decides",
    async () => (await decided(all)).filter((count) => count > 0).length === 1,
    PATIENCE_MS,
  );
  const leader = (await decided(all)).findIndex((count) => count > 0);
  const follower = all[1 - leader] ?? assert.fail();
  await eventually(
    "the leader counts them",
    async () => {
      assert.equal((await follower.ask("m")).status, 200);
      return ((await demands())[leader] ?? 0) > 0;
    },
    PATIENCE_MS,
  );
  assert.equal((await demands())[1 - leader], 0, "the other one does not decide");
});

async function decided(all: readonly Served[]): Promise<readonly number[]> {
  const told = await Promise.all(all.map((one) => admin(one, `/admin/v1/scale/${POOL}/decisions`)));
  return told.map(({ decisions }) => (decisions as readonly ScaleRecord[]).length);
}

async function decidesTwice(gateway: ScaledGateway): Promise<void> {
  const before = (await gateway.decisions()).length;
  await eventually("it decides", async () => (await gateway.decisions()).length > before + 1, PATIENCE_MS);
}
