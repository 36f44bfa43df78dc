// Gateways of one cluster as processes of their own, each with a migration plan: paused, killed and started again by tests.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { stringify } from "yaml";
import type { MigrationStatus } from "../../../src/migration/index.ts";
import { until } from "../../cluster/until.ts";
import { deploymentText } from "../../config/deployment-text.ts";
import { call, chat } from "../../gateway/harness.ts";
import type { FakeVllm } from "../served.ts";

const MAIN = resolve(import.meta.dirname, "../../../src/cli/main.ts");

export interface GatewayProcess {
  readonly child: ChildProcess;
  /** Which arm answered: "legacy" or "candidate"; throws for anything but a 200. */
  ask(user: string): Promise<string>;
  status(): Promise<MigrationStatus>;
  command(name: string, body?: object): Promise<number>;
  kill(): Promise<void>;
}

export interface GatewayProcessOptions {
  readonly folder: string;
  /** Of the cluster. */
  readonly name: string;
  readonly endpoints: readonly string[];
  readonly legacy: FakeVllm;
  readonly candidate: FakeVllm;
}

export async function gatewayProcess(options: GatewayProcessOptions): Promise<GatewayProcess> {
  const child = spawn(process.execPath, [MAIN, "serve", fileOf(options), "--cluster", "--json", "--quiet"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  assert.ok(child.stdout);
  const [line] = await once(createInterface(child.stdout), "line");
  const { data, admin, adminTokenFile } = JSON.parse(String(line));
  const headers = { authorization: `Bearer ${readFileSync(adminTokenFile, "utf8").trim()}` };
  const at = `${admin}/admin/v1/migrations/move`;
  const port = Number(new URL(data).port);
  const status = async (): Promise<MigrationStatus> => (await (await fetch(at, { headers })).json()) as MigrationStatus;
  await until(async () => {
    const { arms } = await status();
    return arms.legacy.ready === 1 && arms.candidate.ready === 1;
  }, 10_000);
  return {
    child,
    async ask(user) {
      const answer = await call({ port }, { body: chat({ model: "m", user }) });
      assert.equal(answer.status, 200);
      return answer.body.includes('"legacy"') ? "legacy" : "candidate";
    },
    status,
    command: async (name, body = {}) => {
      const limit = AbortSignal.timeout(5000);
      const sent = { method: "POST", headers, body: JSON.stringify(body), signal: limit };
      return (await fetch(`${at}/${name}`, sent)).status;
    },
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
    },
  };
}

/** Begins the plan at the leader; the fakes answer nothing that the probe asks, so what it finds is accepted by name. */
export async function beginPlan(all: readonly GatewayProcess[]): Promise<GatewayProcess> {
  const leader = await leaderOf(all);
  const phase = async (): Promise<string> => (await leader.status()).plan.phase;
  await until(async () => (await phase()) !== "preflight", 20_000);
  const override = (await leader.status()).plan.preflight?.failures ?? [];
  if ((await phase()) === "draft") assert.equal(await leader.command("start", { override }), 200);
  await until(async () => (await phase()) === "canary", 20_000);
  return leader;
}

/** Only the leader takes a command. */
async function leaderOf(all: readonly GatewayProcess[]): Promise<GatewayProcess> {
  let leader: GatewayProcess | undefined;
  await until(async () => {
    for (const one of all) if ((await one.command("start")) === 200) leader = one;
    return leader;
  }, 20_000);
  assert.ok(leader);
  return leader;
}

function fileOf({ folder, name, endpoints, legacy, candidate }: GatewayProcessOptions): string {
  mkdirSync(folder, { recursive: true });
  const anyPort = { host: "127.0.0.1", port: 0 };
  const deployment = deploymentText({
    metadata: { name: "fleet" },
    spec: {
      model: { name: "m" },
      tokenizer: { source: "none" },
      routing: { algorithm: "round_robin" },
      serving: { workers: { endpoints: [{ url: candidate.url("m") }] } },
      gateway: {
        listener: anyPort,
        admin: anyPort,
        stateDirectory: join(folder, "state"),
        cluster: { name, etcd: { endpoints: [...endpoints] } },
      },
      monitoring: { prometheus: { enabled: false } },
    },
  });
  const plan = {
    apiVersion: "llm-d.nvidia.com/v1",
    kind: "MigrationPlan",
    metadata: { name: "move" },
    spec: {
      legacy: { url: legacy.url("m") },
      candidate: { deployment: "fleet" },
      shadow: { enabled: false },
      schedule: { checkIntervalSeconds: 0.1, steps: [{ weight: 0.5 }, { weight: 0.8 }, { weight: 1 }] },
    },
  };
  const file = join(folder, "move.yaml");
  writeFileSync(file, [deployment, stringify(plan)].join("---\n"));
  return file;
}
