// A worker that scaling takes out sleeps where the deployment allows it, and is woken when one more is wanted.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { admin, eventually } from "../api.ts";
import { type Served, served } from "../served.ts";

const PATIENCE_MS = 40_000;

interface WorkerView {
  readonly id: string;
  readonly state: string;
  readonly process: { readonly pid: number };
}

async function ready(serve: Served): Promise<readonly WorkerView[]> {
  const { workers } = (await admin(serve, "/admin/v1/workers")) as unknown as { workers: readonly WorkerView[] };
  return workers.filter(({ state }) => state === "ready");
}

async function set(serve: Served, replicas: number): Promise<readonly WorkerView[]> {
  const authorization = `Bearer ${readFileSync(serve.adminTokenFile, "utf8").trim()}`;
  const headers = { authorization, "content-type": "application/json" };
  const body = JSON.stringify({ replicas });
  await fetch(`${serve.admin}/admin/v1/scale/m-workers/set`, { method: "POST", headers, body });
  await eventually(`${replicas} are ready`, async () => (await ready(serve)).length === replicas, PATIENCE_MS);
  return ready(serve);
}

test("two become one become two: the second one is the same process", async () => {
  const workers = { endpoints: null, engine: "simulated", speed: 20, replicas: 2, minReplicas: 1, maxReplicas: 2 };
  const spec = {
    tokenizer: { source: "builtin" },
    serving: { workers },
    autoscaling: { enabled: true, mode: "manual", intervalSeconds: 0.3 },
    launcher: { sleep: true, gpus: { devices: [{ id: "0" }, { id: "1" }] } },
  };
  const serve = await served({ m: { spec } }, { early: true });
  const pids = (all: readonly WorkerView[]): readonly number[] =>
    all.map(({ process }) => process.pid).sort((a, b) => a - b);
  const before = await set(serve, 2);
  const [stays] = await set(serve, 1);
  const [leaves] = before.filter(({ id }) => id !== stays?.id);
  await eventually("the other one sleeps", () =>
    serve.log.some((line) => line.includes(String(leaves?.id)) && line.includes("is empty and sleeps")),
  );
  assert.deepEqual(pids(await set(serve, 2)), pids(before));
  for (let i = 0; i < 4; i++) assert.equal((await serve.ask("m", { max_tokens: 2 })).status, 200);
});
