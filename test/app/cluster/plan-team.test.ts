// A migration plan among three gateways on a real etcd: one drives, all follow, and what each sees counts.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type EtcdCluster, etcdCluster, skip } from "../../cluster/etcd-cluster.ts";
import { partition } from "../../cluster/partition.ts";
import { until } from "../../cluster/until.ts";
import type { Behaviour } from "../../gateway/harness.ts";
import { type Migrating, migrating, type MigratingOptions, streams } from "../migration/migrating.ts";
import { armsOf } from "../migration/plan-admin.ts";

const options = { skip, timeout: 60_000 };
let etcd: EtcdCluster;
before(async () => {
  if (skip === false) etcd = await etcdCluster();
});
after(() => etcd?.close());

const joined = (name: string, endpoints: readonly string[] = etcd.endpoints) => ({
  cluster: { enabled: true, name, etcd: { endpoints: [...endpoints] } },
});

async function several(count: number, name: string, more: MigratingOptions = {}): Promise<Migrating[]> {
  const all: Migrating[] = [];
  for (let i = 0; i < count; i++) {
    const [first] = all;
    all.push(await migrating({ ...more, ...(first && { between: first }), gateway: joined(name) }));
  }
  return all;
}

const isLeader = (one: Migrating): boolean =>
  one.log.findLast((line) => line.includes('"msg":"cluster"'))?.includes('"isLeader":true') ?? false;

async function leaderOf(all: readonly Migrating[]): Promise<Migrating> {
  await until(() => all.filter(isLeader).length === 1, 10_000);
  const found = all.find(isLeader);
  assert.ok(found);
  return found;
}

/** A moment after its election it drives. */
async function begin(leader: Migrating): Promise<void> {
  await until(async () => (await leader.command("start")).status === 200);
  await leader.until(({ plan }) => plan.phase === "canary" && plan.weightConfirmed);
}

const weightIs = (all: readonly Migrating[], weight: number) => async () =>
  (await Promise.all(all.map((one) => one.status()))).every(({ plan }) => plan.weight === weight);

test("the leader's weight is every gateway's, and a session has one arm at all of them", options, async () => {
  const all = await several(3, "weights");
  const leader = await leaderOf(all);
  const aside = all.filter((one) => one !== leader);
  const refused = await aside[0]?.command("start");
  assert.equal(refused?.status, 409);
  assert.match(JSON.stringify(refused?.body), /driven by the leader/);
  await begin(leader);
  await leader.until(({ plan }) => plan.phase === "canary" && plan.weightConfirmed);
  assert.equal((await leader.command("set", { weight: 0.5, force: true })).status, 200);
  await until(weightIs(all, 0.5), 2000);
  await leader.until(({ plan }) => plan.weightConfirmed);
  const sides = await Promise.all(all.map(armsOf));
  assert.deepEqual(new Set(sides[0]), new Set(["legacy", "candidate"]));
  assert.deepEqual(sides[1], sides[0]);
  assert.deepEqual(sides[2], sides[0]);
  assert.equal((await leader.command("rollback")).status, 200);
  await until(weightIs(all, 0), 2000);
  assert.deepEqual(new Set(await armsOf(aside[0] ?? leader)), new Set(["legacy"]));
});

test("requests of a follower count at the leader", options, async () => {
  const all = await several(2, "counts");
  const leader = await leaderOf(all);
  const follower = all.find((one) => one !== leader) ?? leader;
  await begin(leader);
  await leader.command("set", { weight: 0.5, force: true });
  await until(weightIs(all, 0.5));
  await leader.until(({ plan }) => plan.weightConfirmed);
  const sides = await armsOf(follower);
  const onCandidate = sides.filter((side) => side === "candidate").length;
  const counted = (arm: "legacy" | "candidate") => async () =>
    (await leader.status()).gates.find((gate) => gate.what === "errors" && gate.arm === arm)?.n;
  await until(async () => (await counted("candidate")()) === onCandidate);
  await until(async () => (await counted("legacy")()) === 20 - onCandidate);
});

test("a candidate that fails only a follower's requests is rolled back everywhere", options, async () => {
  let isBroken = false;
  const candidate: Behaviour = (request, response) => {
    if (isBroken) response.writeHead(500).end("{}");
    else streams("candidate")(request, response);
  };
  const all = await several(2, "rollback", { candidate });
  const leader = await leaderOf(all);
  const follower = all.find((one) => one !== leader) ?? leader;
  await begin(leader);
  await leader.command("set", { weight: 0.5, force: true });
  await until(weightIs(all, 0.5));
  isBroken = true;
  await until(async () => {
    await Promise.all(Array.from({ length: 10 }, (_, i) => follower.ask(`user-${i}`)));
    return (await leader.status()).plan.phase === "rolled-back";
  }, 20_000);
  await until(weightIs(all, 0), 2000);
});

test("when the leader ends, another one goes on with the plan where it stood", options, async () => {
  const all = await several(3, "next");
  const leader = await leaderOf(all);
  await begin(leader);
  await leader.command("set", { weight: 0.5, force: true });
  await until(weightIs(all, 0.5));
  await leader.stop();
  const rest = all.filter((one) => one !== leader);
  const next = await leaderOf(rest);
  assert.ok(await weightIs(rest, 0.5)());
  await until(async () => (await next.command("set", { weight: 0.7, force: true })).status === 200);
  await until(weightIs(rest, 0.7), 2000);
  const late = await migrating({ between: leader, gateway: joined("next") });
  assert.equal((await late.status()).plan.weight, 0.7);
  assert.deepEqual(await armsOf(late), await armsOf(next));
});

test(
  "a gateway cut off keeps its weight, watches its own candidate and goes back alone; all follow when it is heard",
  options,
  async () => {
    const proxy = await partition(etcd.endpoints);
    let isBroken = false;
    const candidate: Behaviour = (request, response) => {
      if (isBroken) response.writeHead(500).end("{}");
      else streams("candidate")(request, response);
    };
    const first = await migrating({ candidate, gateway: joined("cut") });
    await leaderOf([first]);
    const second = await migrating({ between: first, gateway: joined("cut", proxy.endpoints) });
    await begin(first);
    await first.command("set", { weight: 0.5, force: true });
    await until(weightIs([first, second], 0.5));
    proxy.cut();
    await until(() => second.log.at(-1)?.includes('"connected":false') ?? false, 10_000);
    assert.match((await second.status()).faults.join(), /etcd is out of reach/);
    const sides = await armsOf(second);
    assert.deepEqual(sides, await armsOf(first));
    assert.ok(sides.includes("candidate"));
    isBroken = true;
    await until(async () => {
      await Promise.all(Array.from({ length: 10 }, (_, i) => second.ask(`user-${i}`)));
      return (await second.status()).faults.some((text) => text.includes("go to the legacy arm"));
    }, 20_000);
    isBroken = false;
    assert.deepEqual(new Set(await armsOf(second)), new Set(["legacy"]));
    assert.equal((await first.status()).plan.phase, "canary");
    proxy.heal();
    await until(async () => (await first.status()).plan.phase === "rolled-back", 15_000);
    await until(weightIs([first, second], 0), 2000);
    proxy.close();
  },
);

test("a rollback asked for at a gateway that does not lead is one for all", options, async () => {
  const all = await several(2, "aside");
  const leader = await leaderOf(all);
  const follower = all.find((one) => one !== leader) ?? leader;
  await begin(leader);
  await leader.command("set", { weight: 0.5, force: true });
  await until(weightIs(all, 0.5), 2000);
  assert.equal((await follower.command("rollback", { reason: "enough" })).status, 200);
  assert.deepEqual(new Set(await armsOf(follower)), new Set(["legacy"]));
  await leader.until(({ plan }) => plan.phase === "rolled-back");
  await until(weightIs(all, 0), 2000);
  assert.match(JSON.stringify((await leader.report()).audit), /enough/);
});

test("a gateway that starts without etcd sends all to the legacy arm until the leader is heard", options, async () => {
  const proxy = await partition(etcd.endpoints);
  const leader = await migrating({ gateway: joined("late") });
  await leaderOf([leader]);
  const first = await migrating({ between: leader, gateway: joined("late") });
  await begin(leader);
  await leader.command("set", { weight: 0.5, force: true });
  await until(weightIs([leader, first], 0.5), 2000);
  await first.stop();
  proxy.cut();
  const folder = join(first.folder, "../..");
  const again = await migrating({ between: leader, gateway: joined("late", proxy.endpoints), folder });
  assert.deepEqual(new Set(await armsOf(again)), new Set(["legacy"]));
  assert.match((await again.status()).faults.join(), /no gateway leads the plan/);
  proxy.heal();
  await until(async () => (await again.status()).faults.length === 0, 15_000);
  assert.deepEqual(await armsOf(again), await armsOf(leader));
  proxy.close();
});
