// kill -9 of the real gateway in the middle of a migration: it comes back with the same weight, and sessions stay where they were.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { stringify } from "yaml";
import type { MigrationStatus } from "../../../src/migration/index.ts";
import { deploymentText } from "../../config/deployment-text.ts";
import { temporaryFolder } from "../../core/temporary-folder.ts";
import { call, chat } from "../../gateway/harness.ts";
import { fakeVllm } from "../served.ts";
import { streams } from "./migrating.ts";

const MAIN = resolve(import.meta.dirname, "../../../src/cli/main.ts");
const children: ChildProcess[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) await killed(child);
});

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

interface Started {
  readonly child: ChildProcess;
  readonly port: number;
  status(): Promise<MigrationStatus>;
  command(name: string, body?: object): Promise<number>;
}

async function start(file: string): Promise<Started> {
  const child = spawn(process.execPath, [MAIN, "serve", file, "--json", "--quiet"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(child);
  assert.ok(child.stdout);
  const [line] = await once(createInterface(child.stdout), "line");
  const { data, admin, adminTokenFile } = JSON.parse(String(line));
  const headers = { authorization: `Bearer ${readFileSync(adminTokenFile, "utf8").trim()}` };
  const at = `${admin}/admin/v1/migrations/move`;
  return {
    child,
    port: Number(new URL(data).port),
    status: async () => (await (await fetch(at, { headers })).json()) as MigrationStatus,
    command: async (name, body = {}) => {
      return (await fetch(`${at}/${name}`, { method: "POST", headers, body: JSON.stringify(body) })).status;
    },
  };
}

async function until(gateway: Started, what: (status: MigrationStatus) => boolean): Promise<void> {
  for (let left = 100; left > 0; left--) {
    if (what(await gateway.status())) return;
    await sleep(50);
  }
  assert.fail(JSON.stringify(await gateway.status()));
}

async function sides({ port }: Started): Promise<string[]> {
  const found: string[] = [];
  for (let i = 0; i < 20; i++) {
    const { body } = await call({ port }, { body: chat({ model: "m", user: `user-${i}` }) });
    found.push(body.includes('"legacy"') ? "legacy" : "candidate");
  }
  return found;
}

test("killed in a step, the gateway goes on where it was", async () => {
  const [legacy, candidate] = [await fakeVllm(streams("legacy")), await fakeVllm(streams("candidate"))];
  const folder = temporaryFolder();
  const anyPort = { host: "127.0.0.1", port: 0 };
  const file = join(folder, "move.yaml");
  const plan = {
    apiVersion: "llm-d.nvidia.com/v1",
    kind: "MigrationPlan",
    metadata: { name: "move" },
    spec: {
      legacy: { url: legacy.url("m") },
      candidate: { deployment: "fleet" },
      shadow: { enabled: false },
      schedule: { checkIntervalSeconds: 0.1, steps: [{ weight: 0.5 }, { weight: 1 }] },
    },
  };
  const deployment = deploymentText({
    metadata: { name: "fleet" },
    spec: {
      model: { name: "m" },
      tokenizer: { source: "none" },
      routing: { algorithm: "round_robin" },
      serving: { workers: { endpoints: [{ url: candidate.url("m") }] } },
      gateway: { listener: anyPort, admin: anyPort, stateDirectory: join(folder, "state") },
      monitoring: { prometheus: { enabled: false } },
    },
  });
  writeFileSync(file, [deployment, stringify(plan)].join("---\n"));
  const first = await start(file);
  const bothReady = ({ arms }: MigrationStatus) => arms.legacy.ready === 1 && arms.candidate.ready === 1;
  await until(first, bothReady);
  // The fakes answer nothing that the probe asks: each of its findings is accepted by name after it was told.
  assert.equal(await first.command("start"), 200);
  await until(first, ({ plan }) => plan.phase === "draft" || plan.phase === "canary");
  const failures = (await first.status()).plan.preflight?.failures ?? [];
  if (failures.length > 0) assert.equal(await first.command("start", { override: failures }), 200);
  await until(first, ({ plan }) => plan.phase === "canary" && plan.weightConfirmed);
  const before = await sides(first);
  await killed(first.child);
  const second = await start(file);
  await until(second, bothReady);
  const { plan: resumed } = await second.status();
  assert.equal(resumed.phase, "canary");
  assert.equal(resumed.weight, 0.5);
  assert.deepEqual(await sides(second), before);
});
