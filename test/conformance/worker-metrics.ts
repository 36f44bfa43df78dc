// What the engine of a target says of itself at /metrics, read with the project's own reader.
import assert from "node:assert/strict";
import { readWorkerMetrics, type WorkerMetrics } from "../../src/vllm/index.ts";
import { eventually, exchange } from "./http.ts";
import type { Target } from "./target.ts";

export async function workerMetrics({ engineUrl }: Pick<Target, "engineUrl">): Promise<WorkerMetrics> {
  const { status, body } = await exchange(engineUrl, { path: "/metrics" });
  assert.equal(status, 200);
  return readWorkerMetrics(body);
}

/** Two processors that others use too make a real engine slow. */
const LIMIT_MS = { real: 30_000, simulated: 5000 };

export async function running(target: Target, count: number, waiting = 0): Promise<void> {
  const wanted = `${count} running and ${waiting} waiting`;
  const seen = new Set<string>();
  const reached = async (): Promise<boolean> => {
    const metrics = await workerMetrics(target);
    const now = `${metrics.running} running and ${metrics.waiting} waiting`;
    seen.add(now);
    return now === wanted;
  };
  await eventually(wanted, reached, target.real ? LIMIT_MS.real : LIMIT_MS.simulated).catch((error: unknown) => {
    throw new Error(`seen: ${[...seen].join(", ")}`, { cause: error });
  });
}
