// What the metrics page tells of a cluster: members, leader, etcd in and out of reach, and how warm the gateway began.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type EtcdCluster, etcdCluster, skip } from "../../cluster/etcd-cluster.ts";
import { type Partition, partition } from "../../cluster/partition.ts";
import { unary } from "../../gateway/harness.ts";
import { eventually } from "../api.ts";
import { behind, fakeVllm, type Served, served } from "../served.ts";

let etcd: EtcdCluster;
let proxy: Partition;
before(async () => {
  if (skip !== false) return;
  etcd = await etcdCluster({ size: 1 });
  proxy = await partition(etcd.endpoints);
});
after(async () => {
  proxy?.close();
  await etcd?.close();
});

async function page(gateway: Served): Promise<string> {
  return (await fetch(gateway.metrics ?? "")).text();
}

async function shows(gateway: Served, name: string, value: RegExp): Promise<boolean> {
  const line = (await page(gateway)).split("\n").find((one) => one.startsWith(`${name}{cluster="shown"`));
  return value.test(line?.split(" ").at(-1) ?? "");
}

test(
  "the metrics page tells of members, of the leader, and of an etcd that is away",
  { skip, timeout: 60_000 },
  async () => {
    const worker = await fakeVllm(unary);
    const cluster = { enabled: true, name: "shown", etcd: { endpoints: [...proxy.endpoints] } };
    const spec = {
      gateway: { cluster },
      tokenizer: { source: "builtin" },
      routing: { algorithm: "kv_aware", kvCacheIndex: { backend: "etcd" } },
    };
    const documents = behind(worker, { m: spec }, 2);
    const gateway = await served(documents);
    await eventually("it leads", () => shows(gateway, "switchgear_cluster_leader", /^1$/));
    const other = await served(documents);
    await eventually("both are there", () => shows(gateway, "switchgear_cluster_members", /^2$/));
    assert.ok(await shows(other, "switchgear_cluster_leader", /^0$/));
    await eventually("etcd is up", () => shows(gateway, "switchgear_cluster_etcd_up", /^1$/));
    assert.match(await page(gateway), /^switchgear_index_snapshot_workers\{cluster="shown",result="miss"\} 2$/m);
    proxy.cut();
    await eventually("etcd is away", () => shows(gateway, "switchgear_cluster_etcd_up", /^0$/), 10_000);
    await eventually("nothing is heard", () => shows(gateway, "switchgear_cluster_silent_seconds", /^[1-9]/), 10_000);
    assert.ok(!(await shows(gateway, "switchgear_cluster_failed_calls", /^0$/)));
    proxy.heal();
    await eventually("etcd is back", () => shows(gateway, "switchgear_cluster_etcd_up", /^1$/), 10_000);
    await eventually("and heard", () => shows(gateway, "switchgear_cluster_silent_seconds", /^0$/), 10_000);
  },
);

test("a gateway without a cluster shows none", async () => {
  const gateway = await served(behind(await fakeVllm(unary), { m: {} }));
  assert.ok(!(await page(gateway)).includes("switchgear_cluster_members{"));
});
