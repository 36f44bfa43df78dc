// The gateway is restarted in the middle of a migration, under load: no request fails, no session moves, and the new process drives on.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { stringify } from "yaml";
import type { MigrationStatus } from "../../../src/migration/index.ts";
import { call, chat } from "../../gateway/harness.ts";
import { eventually } from "../api.ts";
import { gatewayFile, serveFile, textOf } from "../gateway-file.ts";
import { type FakeVllm, fakeVllm } from "../served.ts";
import { type SteadyLoad, steadyLoad, streaming } from "../steady-load.ts";
import { streams } from "./migrating.ts";

interface Migrating {
  readonly load: SteadyLoad;
  /** The arm of each of twenty sessions. */
  readonly sides: () => Promise<string[]>;
  readonly status: () => Promise<MigrationStatus>;
  readonly command: (name: string, body?: object) => Promise<number>;
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
  const plan = {
    apiVersion: "llm-d.nvidia.com/v1",
    kind: "MigrationPlan",
    metadata: { name: "move" },
    spec: {
      legacy: { url: legacy.url("m") },
      candidate: { deployment: "m" },
      shadow: { enabled: false },
      schedule: { checkIntervalSeconds: 0.1, steps: [{ weight: 0.5 }, { weight: 1 }] },
    },
  };
  writeFileSync(file.path, [textOf([candidate.url("m")]), stringify(plan)].join("---\n"));
  const gateway = await serveFile(file, ["--supervised"]);
  const authorization = `Bearer ${readFileSync(gateway.adminTokenFile, "utf8").trim()}`;
  const at = `${gateway.admin}/admin/v1/migrations/move`;
  const headers = { authorization, connection: "close" };
  const status = async (): Promise<MigrationStatus> => (await fetch(at, { headers })).json() as never;
  const command = async (name: string, body: object = {}): Promise<number> =>
    (await fetch(`${at}/${name}`, { method: "POST", headers, body: JSON.stringify(body) })).status;
  return {
    load: steadyLoad({ url: () => gateway.data, clients: 12 }),
    status,
    command,
    async sides() {
      const port = Number(new URL(gateway.data).port);
      const found: string[] = [];
      for (let i = 0; i < 20; i++) {
        const { body } = await call({ port }, { body: chat({ model: "m", user: `user-${i}` }) });
        found.push(body.includes('"legacy"') ? "legacy" : "candidate");
      }
      return found;
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

async function toCanary({ status, command }: Migrating): Promise<void> {
  const bothReady = async (): Promise<boolean> => {
    const { arms } = await status();
    return arms.legacy.ready === 1 && arms.candidate.ready === 1;
  };
  await eventually("both arms are ready", bothReady, 5000);
  assert.equal(await command("start"), 200);
  await eventually("checked", async () => (await status()).plan.preflight !== undefined, 10_000);
  // The fakes answer nothing that the probe asks: each of its findings is accepted by name.
  const failures = (await status()).plan.preflight?.failures ?? [];
  if (failures.length > 0) assert.equal(await command("start", { override: failures }), 200);
  await eventually("half", async () => (await status()).plan.weight === 0.5 && (await status()).plan.weightConfirmed);
}

test("two restarts in the middle of a migration, under load: no request fails, no session moves, the new process drives on", async () => {
  const gateway = await migrating();
  const { load, status, command, sides } = gateway;
  try {
    await toCanary(gateway);
    const before = await sides();
    assert.deepEqual(new Set(before), new Set(["legacy", "candidate"]));
    for (const nth of [1, 2]) {
      const whole = load.whole;
      await gateway.restart(nth);
      await eventually("the plan is driven by the new process", async () => (await status()).faults.length === 0, 5000);
      assert.deepEqual(await sides(), before);
      await eventually("traffic goes on", () => load.whole > whole + 30, 10_000);
      const { plan } = await status();
      assert.deepEqual([plan.phase, plan.weight], ["canary", 0.5]);
    }
    // The process before may still take a connection for a moment; it refuses commands and follows the plan.
    const rolledBack = async (): Promise<boolean> => (await command("rollback", { reason: "test" })) === 200;
    await eventually("the way back", rolledBack, 5000);
    await eventually("all are the legacy's", async () => (await sides()).every((one) => one === "legacy"), 5000);
    assert.equal((await status()).plan.weight, 0);
  } finally {
    await load.stop();
  }
  assert.deepEqual(load.failures, []);
  await gateway.stop();
});
