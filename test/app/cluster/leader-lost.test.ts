// The gateway that drives a migration is paused or killed: another one goes on, and two never act.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type EtcdCluster, etcdCluster, skip } from "../../cluster/etcd-cluster.ts";
import { until } from "../../cluster/until.ts";
import { forFile } from "../../core/closing.ts";
import { streams } from "../migration/migrating.ts";
import { armsOf, passPreflight } from "../migration/plan-admin.ts";
import { fakeVllm } from "../served.ts";
import { type PlanProcess, planProcess } from "./plan-process.ts";

const options = { skip, timeout: 120_000 };
let etcd: EtcdCluster;
let pair: readonly PlanProcess[];
before(async () => {
  if (skip !== false) return;
  etcd = await etcdCluster();
  pair = await forFile(two);
});
after(() => etcd?.close());

/** Two gateways whose plan is at its first step. */
async function two(): Promise<PlanProcess[]> {
  const [legacy, candidate] = [await fakeVllm(streams("legacy")), await fakeVllm(streams("candidate"))];
  const start = () => planProcess({ name: "lost", endpoints: etcd.endpoints, legacy, candidate });
  const all = await Promise.all([start(), start()]);
  const [leader] = await leaderAndOther(all, (one) => one.command("start"));
  await passPreflight(leader);
  return all;
}

/** Only the leader takes a command. */
async function leaderAndOther(
  all: readonly PlanProcess[],
  command: (gateway: PlanProcess) => ReturnType<PlanProcess["command"]>,
): Promise<readonly [PlanProcess, PlanProcess]> {
  let leader: PlanProcess | undefined;
  await until(async () => {
    for (const one of all) if ((await command(one)).status === 200) leader = one;
    return leader;
  }, 20_000);
  const other = all.find((one) => one !== leader);
  assert.ok(leader && other);
  return [leader, other];
}

/** The leader and the other one, both at half. */
async function atHalf(): Promise<readonly [PlanProcess, PlanProcess]> {
  const both = await leaderAndOther(pair, (one) => one.command("set", { weight: 0.5, force: true }));
  for (const one of both) await until(() => hasWeight(one, 0.5), 2000);
  return both;
}

async function hasWeight(gateway: PlanProcess, weight: number): Promise<boolean> {
  const { plan } = await gateway.status();
  return plan.weight === weight && plan.weightConfirmed;
}

test("a paused leader wakes to a plan that another one moved on: it writes nothing and follows", options, async () => {
  const [leader, other] = await atHalf();
  assert.deepEqual(await armsOf(other), await armsOf(leader));
  process.kill(leader.pid, "SIGSTOP");
  // Its lease ends, the other one leads, and takes commands.
  await until(async () => (await other.command("set", { weight: 0.7, force: true })).status === 200, 20_000);
  await until(() => hasWeight(other, 0.7));
  const before = await armsOf(other);
  process.kill(leader.pid, "SIGCONT");
  // The first thing that the woken one hears is a command: it must not count as the leader any more.
  assert.equal((await leader.command("set", { weight: 0.9, force: true })).status, 409);
  await until(() => hasWeight(leader, 0.7), 5000);
  assert.ok(await hasWeight(other, 0.7));
  assert.deepEqual(await armsOf(leader), before);
});

test(
  "when the leader is killed another one goes on from its state, sessions stay where they were",
  options,
  async () => {
    const [leader, other] = await atHalf();
    const before = await armsOf(other);
    await leader.kill();
    for (let i = 0; i < 20; i++) assert.equal((await other.ask(`more-${i}`)).status, 200);
    await until(async () => (await other.command("pause", { reason: "test" })).status === 200, 20_000);
    const { plan } = await other.status();
    assert.equal(plan.phase, "canary");
    assert.equal(plan.weight, 0.5);
    assert.deepEqual(await armsOf(other), before);
  },
);
