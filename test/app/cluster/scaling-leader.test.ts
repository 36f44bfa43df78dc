// Autoscaling among gateways of a cluster: only the leader decides, and the next leader after it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type EtcdCluster, etcdCluster, skip } from "../../cluster/etcd-cluster.ts";
import { eventually } from "../api.ts";
import { PATIENCE_MS, type ScaledGateway, scaledGateway, settled } from "../autoscaling/scaled-gateway.ts";

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

async function decidesTwice(gateway: ScaledGateway): Promise<void> {
  const before = (await gateway.decisions()).length;
  await eventually("it decides", async () => (await gateway.decisions()).length > before + 1, PATIENCE_MS);
}
