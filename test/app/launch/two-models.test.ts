// Two models on three GPUs: what the busy one needs comes from the idle one, and no request fails on the way.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "../../config/deployment-text.ts";
import { eventually, workers } from "../api.ts";
import { type Served, served } from "../served.ts";

const PATIENCE_MS = 40_000;

/** One sequence at a time, so that one worker is soon too few. */
function model(name: string, replicas: number): JsonObject {
  const engine = { engine: "simulated", profile: "llama-3.1-8b-h100-tp1-bf16", speed: 2, maxBatchSize: 1 };
  const pool = { endpoints: null, ...engine, maxModelLen: 4096, replicas, minReplicas: 1, maxReplicas: 2 };
  const spec = {
    model: { name },
    tokenizer: { source: "builtin" },
    serving: { workers: pool },
    // By itself a pool would keep what it has for longer than this test takes.
    autoscaling: { enabled: true, intervalSeconds: 0.3, stabilisationSeconds: 600, startupSeconds: 5 },
    slo: { ttftP99Ms: 120 },
    launcher: { gpus: { devices: ["0", "1", "2"].map((id) => ({ id, memoryGiB: 80 })) } },
  };
  return { spec };
}

async function readyOf(serve: Served, name: string): Promise<number> {
  return (await workers(serve)).filter(({ id, state }) => id.startsWith(`${name}-`) && state === "ready").length;
}

test("a GPU goes from the idle model to the busy one", async () => {
  const serve = await served({ x: model("x", 2), y: model("y", 1) }, { early: true });
  await eventually(
    "all are ready",
    async () => (await readyOf(serve, "x")) + (await readyOf(serve, "y")) === 3,
    PATIENCE_MS,
  );
  assert.equal((await serve.ask("x", { max_tokens: 2 })).status, 200);
  const statuses = new Set<number>();
  let wanted = true;
  const client = async (): Promise<void> => {
    while (wanted) statuses.add((await serve.ask("y", { max_tokens: 20, ignore_eos: true })).status);
  };
  const clients = Array.from({ length: 4 }, client);
  await eventually("y has two", async () => (await readyOf(serve, "y")) === 2, PATIENCE_MS);
  assert.equal(await readyOf(serve, "x"), 1);
  wanted = false;
  await Promise.all(clients);
  assert.deepEqual([...statuses], [200]);
});
