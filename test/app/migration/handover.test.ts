// The gateway is restarted in the middle of a migration, under load: no request fails, no session moves, and the new process drives on.
import assert from "node:assert/strict";
import { test } from "node:test";
import { call, chat } from "../../gateway/harness.ts";
import { eventually } from "../api.ts";
import { gatewayFile, serveFile } from "../gateway-file.ts";
import { type FakeVllm, fakeVllm } from "../served.ts";
import { type SteadyLoad, steadyLoad, streaming } from "../steady-load.ts";
import { streams } from "./migrating.ts";
import { areReady, armsOf, passPreflight, type PlanAdmin, planAdmin } from "./plan-admin.ts";
import { steppingPlan } from "./plan-text.ts";

interface Migrating {
  readonly load: SteadyLoad;
  readonly plan: PlanAdmin;
  /** Of each of twenty sessions. */
  readonly arms: () => Promise<string[]>;
  /** Resolves when the new process serves. */
  readonly restart: (nth: number) => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Streams for the load, and whole answers that say which side they are from. */
async function server(side: string): Promise<FakeVllm> {
  const says = streams(side);
  return fakeVllm((request, response) => {
    if (request.body.includes('"stream":true')) streaming(request, response);
    else says(request, response);
  });
}

async function migrating(): Promise<Migrating> {
  const [legacy, candidate] = [await server("legacy"), await server("candidate")];
  const file = gatewayFile();
  file.write([candidate.url("m")], {}, steppingPlan(legacy.url("m"), [0.5, 1]));
  const gateway = await serveFile(file, ["--supervised"]);
  return {
    load: steadyLoad({ url: () => gateway.data, clients: 12 }),
    plan: planAdmin(gateway),
    arms() {
      const port = Number(new URL(gateway.data).port);
      return armsOf({ ask: (user) => call({ port }, { body: chat({ model: "m", user }) }) });
    },
    async restart(nth) {
      process.kill(gateway.pid, "SIGUSR2");
      const served = (): number => [...gateway.stderr().matchAll(/process \d+ serves now/g)].length;
      await eventually(`restart ${nth}`, () => served() === nth || gateway.stderr().includes("failed"), 30_000);
      assert.equal(served(), nth, gateway.stderr());
    },
    async stop() {
      process.kill(gateway.pid, "SIGTERM");
      assert.equal(await gateway.ended, 0, gateway.stderr());
    },
  };
}

async function toCanary(plan: PlanAdmin): Promise<void> {
  await eventually("both arms are ready", async () => areReady(await plan.status()));
  assert.equal((await plan.command("start")).status, 200);
  await passPreflight(plan);
  assert.equal((await plan.status()).plan.weight, 0.5);
}

test("two restarts in the middle of a migration, under load: no request fails, no session moves, the new process drives on", async () => {
  const gateway = await migrating();
  const { load, arms } = gateway;
  const { status, command } = gateway.plan;
  try {
    await toCanary(gateway.plan);
    const before = await arms();
    assert.deepEqual(new Set(before), new Set(["legacy", "candidate"]));
    for (const nth of [1, 2]) {
      const whole = load.whole;
      await gateway.restart(nth);
      await eventually("the plan is driven by the new process", async () => (await status()).faults.length === 0, 5000);
      assert.deepEqual(await arms(), before);
      await eventually("traffic goes on", () => load.whole > whole + 30, 10_000);
      const { plan } = await status();
      assert.deepEqual([plan.phase, plan.weight], ["canary", 0.5]);
    }
    // The process before may still take a connection for a moment; it refuses commands and follows the plan.
    const rolledBack = async (): Promise<boolean> => (await command("rollback", { reason: "test" })).status === 200;
    await eventually("the way back", rolledBack, 5000);
    await eventually("all are the legacy's", async () => (await arms()).every((one) => one === "legacy"), 5000);
    assert.equal((await status()).plan.weight, 0);
  } finally {
    await load.stop();
  }
  assert.deepEqual(load.failures, []);
  await gateway.stop();
});
