// The etcd client against a real etcd of three members: writes, leases, watches, failover, full, wiped.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { etcdClient } from "../../src/cluster/etcd/etcd-client.ts";
import { type Mirror, startMirror } from "../../src/cluster/etcd/mirror.ts";
import { startSession } from "../../src/cluster/etcd/session.ts";
import { realClock } from "../../src/core/index.ts";
import { type EtcdCluster, etcdCluster, skip } from "./etcd-cluster.ts";
import { until } from "./until.ts";

const options = { skip, timeout: 60_000 };
let etcd: EtcdCluster;
before(async () => {
  if (skip === false) etcd = await etcdCluster();
});
after(() => etcd?.close());

function mirrorOf(client: ReturnType<typeof etcdClient>, prefix: string): { mirror: Mirror; seen: string[] } {
  const seen: string[] = [];
  const onChange = (key: string, entry: { value: Buffer } | undefined): void =>
    void seen.push(`${key}=${entry?.value.toString() ?? "-"}`);
  return { mirror: startMirror({ client, prefix, clock: realClock, onChange, retryMs: 50, checkMs: 200 }), seen };
}

test("what was put is got and listed, and a transaction whose condition fails writes nothing", options, async () => {
  const client = etcdClient({ endpoints: etcd.endpoints });
  await client.put("/t/a", "one");
  await client.put("/t/b", Buffer.from([0, 255]));
  assert.equal((await client.get("/t/a"))?.value.toString(), "one");
  assert.deepEqual(
    (await client.list("/t/")).entries.map(({ key }) => key),
    ["/t/a", "/t/b"],
  );
  assert.deepEqual((await client.get("/t/b"))?.value, Buffer.from([0, 255]));
  const absent = [{ key: "/t/a", createRevision: 0 }];
  assert.equal((await client.txn(absent, [{ key: "/t/a", value: "two" }])).succeeded, false);
  assert.equal((await client.get("/t/a"))?.value.toString(), "one");
  await client.remove("/t/a");
  assert.equal(await client.get("/t/a"), undefined);
  await client.close();
});

test("a member that died, and one that stopped answering, are passed over", options, async () => {
  const client = etcdClient({ endpoints: etcd.endpoints });
  await client.put("/f/a", "1");
  etcd.members[0]?.pause();
  try {
    await until(
      () =>
        client.put("/f/a", "2").then(
          () => true,
          () => false,
        ),
      10_000,
    );
    assert.equal((await client.get("/f/a"))?.value.toString(), "2");
  } finally {
    etcd.members[0]?.resume();
  }
  await client.close();
});

test("without any member a call ends within its limit, by its code", options, async () => {
  const client = etcdClient({ endpoints: ["http://127.0.0.1:1", "http://127.0.0.1:2"], limitMs: 500 });
  await assert.rejects(client.get("/x"), { code: "SWG_ETCD_UNREACHABLE" });
  await client.close();
});

test("keys of a lease go with it, and a session that lost its lease takes another", options, async () => {
  const client = etcdClient({ endpoints: etcd.endpoints });
  const leases: string[] = [];
  const onLease = (lease: string): void => {
    leases.push(lease);
    void client.put("/l/mine", lease, lease);
  };
  const session = startSession({ client, clock: realClock, ttlSeconds: 2, onLease });
  await until(() => client.get("/l/mine"));
  await client.revoke(leases[0] ?? "");
  await until(async () => (await client.get("/l/mine"))?.value.toString() === leases[1] && leases.length === 2);
  assert.equal(session.lease, leases[1]);
  await session.close();
  assert.equal(await client.get("/l/mine"), undefined);
  await client.close();
});

test("a mirror follows changes, and lists again after its member died", options, async () => {
  const client = etcdClient({ endpoints: etcd.endpoints });
  await client.put("/m/a", "1");
  const { mirror, seen } = mirrorOf(client, "/m/");
  await until(() => mirror.isLive);
  await client.put("/m/a", "2");
  await client.remove("/m/a");
  await until(() => seen.length === 3);
  assert.deepEqual(seen, ["/m/a=1", "/m/a=2", "/m/a=-"]);
  for (const member of etcd.members) await member.kill();
  for (const member of etcd.members) member.start();
  await etcd.ready();
  await until(() => mirror.isLive && mirror.listings > 1, 10_000);
  await client.put("/m/b", "3");
  await until(() => seen.includes("/m/b=3"));
  await mirror.close();
  await client.close();
});

test("a mirror finds out that the member it watches is cut off from the others", options, async () => {
  const client = etcdClient({ endpoints: etcd.endpoints });
  const writer = etcdClient({ endpoints: [...etcd.endpoints].reverse() });
  const { mirror, seen } = mirrorOf(client, "/c/");
  await until(() => mirror.isLive);
  etcd.members[0]?.pause();
  try {
    await until(
      () =>
        writer.put("/c/a", "1").then(
          () => true,
          () => false,
        ),
      10_000,
    );
    await until(() => seen.includes("/c/a=1"), 10_000);
  } finally {
    etcd.members[0]?.resume();
  }
  await mirror.close();
  await Promise.all([client.close(), writer.close()]);
});

test("a mirror outlives compaction of what it had not read yet, and a wiped store", options, async () => {
  const client = etcdClient({ endpoints: etcd.endpoints });
  const first = await client.put("/w/a", "1");
  await client.put("/w/a", "2");
  await compact(first + 1);
  const signal = AbortSignal.timeout(5000);
  const old = await client.watch({ prefix: "/w/", from: 1, signal });
  await assert.rejects(
    async () => {
      for await (const batch of old.batches) assert.deepEqual(batch.changes, []);
    },
    { code: "SWG_ETCD_REFUSED" },
  );
  const { mirror } = mirrorOf(client, "/w/");
  await until(() => mirror.isLive);
  await etcd.wipe();
  await until(() => mirror.isLive && mirror.entries.size === 0, 10_000);
  await client.put("/w/b", "3");
  await until(() => mirror.entries.get("/w/b")?.value.toString() === "3");
  await mirror.close();
  await client.close();
});

async function compact(revision: number): Promise<void> {
  const body = JSON.stringify({ revision: String(revision) });
  const answer = await fetch(`${etcd.endpoints[0]}/v3/kv/compaction`, { method: "POST", body });
  assert.equal(answer.status, 200, await answer.text());
}
