// etcd in trouble under two gateways with a migration: requests do not notice, the weight stays, everything heals without a restart.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type EtcdClient, etcdClient } from "../../../src/cluster/index.ts";
import { type EtcdCluster, etcdCluster, skip } from "../../cluster/etcd-cluster.ts";
import { type Partition, partition } from "../../cluster/partition.ts";
import { until } from "../../cluster/until.ts";
import { type Migrating, migrating } from "../migration/migrating.ts";
import { armOf } from "../migration/plan-admin.ts";

const options = { skip, timeout: 120_000 };
const QUOTA = 2 << 20;
let etcd: EtcdCluster;
let proxy: Partition;
before(async () => {
  if (skip !== false) return;
  etcd = await etcdCluster({ flags: [`--quota-backend-bytes=${QUOTA}`] });
  proxy = await partition(etcd.endpoints);
});
after(async () => {
  proxy?.close();
  await etcd?.close();
});

interface Pair {
  readonly leader: Migrating;
  readonly follower: Migrating;
}

const lastLine = (one: Migrating): string => one.log.findLast((line) => line.includes('"msg":"cluster"')) ?? "";
const weightIs = (weight: number, all: readonly Migrating[]) => async () =>
  (await Promise.all(all.map((one) => one.status()))).every(({ plan }) => plan.weight === weight);

/** Half of the sessions are on the candidate at both. */
async function halfway(name: string): Promise<Pair> {
  const gateway = { cluster: { enabled: true, name, etcd: { endpoints: [...proxy.endpoints] } } };
  const leader = await migrating({ gateway });
  await until(() => lastLine(leader).includes('"isLeader":true'));
  const follower = await migrating({ gateway, between: leader });
  await until(async () => (await leader.command("start")).status === 200);
  await leader.until(({ plan }) => plan.phase === "canary" && plan.weightConfirmed);
  assert.equal((await leader.command("set", { weight: 0.5, force: true })).status, 200);
  await until(weightIs(0.5, [leader, follower]));
  await leader.until(({ plan }) => plan.weightConfirmed);
  return { leader, follower };
}

/** Requests at both gateways while `run` goes on; each answer must be good, and each session stay with its arm. */
async function whileAsking({ leader, follower }: Pair, run: () => Promise<void>): Promise<void> {
  let isOver = false;
  const arms = new Map<string, string>();
  const asking = (async () => {
    for (let i = 0; !isOver; i++) {
      const user = `user-${i % 20}`;
      for (const gateway of [leader, follower]) {
        const arm = armOf(await gateway.ask(user));
        if (arm !== (arms.get(user) ?? arm)) await told({ leader, follower }, `${user} came to ${arm}`);
        arms.set(user, arm);
      }
      await sleep(5);
    }
  })();
  await Promise.race([run(), asking]);
  isOver = true;
  await asking;
  assert.equal(new Set(arms.values()).size, 2);
}

/** A session moved: what both gateways know of it. */
async function told({ leader, follower }: Pair, what: string): Promise<never> {
  const all = await Promise.all([leader, follower].map(async (one) => [await one.status(), one.log.slice(-12)]));
  return assert.fail(`${what}: ${JSON.stringify(all)}`);
}

/** Whoever leads now can move the plan again, and all follow. */
async function moves(all: readonly Migrating[], weight: number): Promise<void> {
  await until(async () => {
    for (const one of all) if ((await one.command("set", { weight, force: true })).status === 200) return true;
    return false;
  }, 20_000);
  await until(weightIs(weight, all), 10_000);
  await until(() => all.every((one) => lastLine(one).includes('"connected":true')), 10_000);
}

test("etcd restarts: nothing is lost, and the plan goes on", options, async () => {
  const pair = await halfway("restarted");
  await whileAsking(pair, async () => {
    await Promise.all(etcd.members.map((one) => one.kill()));
    await until(() => lastLine(pair.follower).includes('"connected":false'), 15_000);
    for (const one of etcd.members) one.start();
    await etcd.ready();
  });
  await moves([pair.leader, pair.follower], 0.6);
});

test("a member of etcd stops to answer: another one is used", options, async () => {
  const pair = await halfway("member");
  await whileAsking(pair, async () => {
    etcd.members[0]?.pause();
    await until(async () => (await pair.leader.command("pause", { reason: "test" })).status === 200, 20_000);
    await until(async () => (await pair.follower.status()).plan.blockers.some(({ kind }) => kind === "paused"), 20_000);
  }).finally(() => etcd.members[0]?.resume());
  await moves([pair.leader, pair.follower], 0.6);
});

test("etcd is wiped: the gateways put back weight and salt", options, async () => {
  const pair = await halfway("wiped");
  let late: Migrating | undefined;
  await whileAsking(pair, async () => {
    await etcd.wipe();
    // It may be the first to stand for election, and knows nothing.
    late = await migrating({
      gateway: { cluster: { enabled: true, name: "wiped", etcd: { endpoints: [...etcd.endpoints] } } },
      between: pair.leader,
    });
    const all = [late, pair.leader];
    await until(weightIs(0.5, all), 10_000);
    for (let i = 0; i < 20; i++) {
      const at = await Promise.all(all.map((one) => one.ask(`user-${i}`)));
      assert.equal(at[0]?.body.includes('"legacy"'), at[1]?.body.includes('"legacy"'));
    }
  });
  await moves([pair.leader, pair.follower, ...(late ? [late] : [])], 0.6);
});

test("etcd is slow, and slower than any limit: the weight stays", options, async () => {
  const pair = await halfway("slow");
  await whileAsking(pair, async () => {
    proxy.slow(200);
    assert.equal((await pair.leader.command("pause", { reason: "test" })).status, 200);
    await until(async () => (await pair.follower.status()).plan.blockers.some(({ kind }) => kind === "paused"), 10_000);
    proxy.slow(3000);
    await until(() => lastLine(pair.leader).includes('"connected":false'), 20_000);
  });
  proxy.slow(0);
  proxy.heal();
  await moves([pair.leader, pair.follower], 0.6);
});

test(
  "etcd is full: the alarm says so, a rollback waits for nobody, and a freed etcd is used again",
  options,
  async () => {
    const pair = await halfway("full");
    const client = etcdClient({ endpoints: etcd.endpoints });
    await whileAsking(pair, async () => {
      await fill(client);
      await until(() => /space exceeded/.test(lastLine(pair.leader)), 10_000);
      await until(() => /space exceeded/.test(lastLine(pair.follower)), 10_000);
    });
    assert.equal((await pair.leader.command("rollback")).status, 200);
    assert.equal((await pair.leader.status()).plan.weight, 0);
    await free(client);
    await until(weightIs(0, [pair.leader, pair.follower]), 20_000);
    await until(() => !/space exceeded/.test(lastLine(pair.follower)), 10_000);
    await client.close();
  },
);

async function fill(client: EtcdClient): Promise<void> {
  const value = Buffer.alloc(200_000, 1);
  for (let i = 0; i < 100; i++) {
    const isTaken = await client.put(`/junk/${i}`, value).then(
      () => true,
      () => false,
    );
    if (!isTaken) return;
  }
  assert.fail("etcd took more than its quota");
}

/** What its manual says to do: delete, compact, defragment, disarm. */
async function free(client: EtcdClient): Promise<void> {
  const [origin = ""] = etcd.endpoints;
  for (let i = 0; i < 100; i++) await client.remove(`/junk/${i}`);
  const { revision } = await client.list("/junk/");
  await post(origin, "/v3/kv/compaction", { revision: String(revision), physical: true });
  for (const one of etcd.endpoints) await post(one, "/v3/maintenance/defragment", {});
  const { alarms } = (await post(origin, "/v3/maintenance/alarm", { action: "GET" })) as { alarms?: object[] };
  assert.ok(alarms?.length);
  for (const one of alarms) await post(origin, "/v3/maintenance/alarm", { ...one, action: "DEACTIVATE" });
}

async function post(origin: string, path: string, body: object): Promise<object> {
  const answer = await fetch(origin + path, { method: "POST", body: JSON.stringify(body) });
  assert.equal(answer.status, 200, path);
  return (await answer.json()) as object;
}
