// The gateway that drives a migration is paused or killed: another one goes on, and two never act.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, afterEach, before, test } from "node:test";
import { type EtcdCluster, etcdCluster, skip } from "../../cluster/etcd-cluster.ts";
import { until } from "../../cluster/until.ts";
import { temporaryFolder } from "../../core/temporary-folder.ts";
import { streams } from "../migration/migrating.ts";
import { fakeVllm } from "../served.ts";
import { beginPlan, type GatewayProcess, gatewayProcess } from "./gateway-process.ts";

const options = { skip, timeout: 120_000 };
let etcd: EtcdCluster;
before(async () => {
  if (skip === false) etcd = await etcdCluster();
});
after(() => etcd?.close());

const running: GatewayProcess[] = [];
afterEach(async () => {
  for (const one of running.splice(0)) {
    one.child.kill("SIGCONT");
    await one.kill();
  }
});

async function two(cluster: string): Promise<GatewayProcess[]> {
  const [legacy, candidate] = [await fakeVllm(streams("legacy")), await fakeVllm(streams("candidate"))];
  const folder = temporaryFolder();
  const start = (own: string) =>
    gatewayProcess({ folder: join(folder, own), name: cluster, endpoints: etcd.endpoints, legacy, candidate });
  running.push(...(await Promise.all(["a", "b"].map(start))));
  return [...running];
}

const sides = (gateway: GatewayProcess): Promise<string[]> =>
  Promise.all(Array.from({ length: 20 }, (_, i) => gateway.ask(`user-${i}`)));
const weightIs = async (gateway: GatewayProcess, weight: number): Promise<boolean> =>
  (await gateway.status()).plan.weight === weight;

test("a paused leader wakes to a plan that another one moved on: it writes nothing and follows", options, async () => {
  const all = await two("paused");
  const leader = await beginPlan(all);
  const other = all.find((one) => one !== leader) ?? leader;
  await until(() => weightIs(other, 0.5), 2000);
  assert.deepEqual(await sides(other), await sides(leader));
  leader.child.kill("SIGSTOP");
  // Its lease ends, the other one leads, and takes commands.
  await until(async () => (await other.command("set", { weight: 0.7, force: true })) === 200, 20_000);
  await until(async () => (await other.status()).plan.weightConfirmed);
  const before = await sides(other);
  leader.child.kill("SIGCONT");
  // The first thing that the woken one hears is a command: it must not count as the leader any more.
  assert.equal(await leader.command("set", { weight: 0.9, force: true }), 409);
  await until(() => weightIs(leader, 0.7), 5000);
  assert.ok(await weightIs(other, 0.7));
  assert.deepEqual(await sides(leader), before);
});

test(
  "when the leader is killed another one goes on from its state, sessions stay where they were",
  options,
  async () => {
    const all = await two("killed");
    const leader = await beginPlan(all);
    const other = all.find((one) => one !== leader) ?? leader;
    await until(() => weightIs(other, 0.5), 2000);
    const before = await sides(other);
    await leader.kill();
    for (let i = 0; i < 20; i++) await other.ask(`more-${i}`);
    await until(async () => (await other.command("pause", { reason: "test" })) === 200, 20_000);
    const { plan } = await other.status();
    assert.equal(plan.phase, "canary");
    assert.equal(plan.weight, 0.5);
    assert.deepEqual(await sides(other), before);
  },
);
