// What the engine of a target says of itself at /metrics, read with the project's own reader.
import assert from "node:assert/strict";
import { readWorkerMetrics, type WorkerMetrics } from "../../src/vllm/index.ts";
import { exchange, within } from "./http.ts";
import type { Target } from "./target.ts";

export async function workerMetrics({ engineUrl }: Pick<Target, "engineUrl">): Promise<WorkerMetrics> {
  const { status, body } = await exchange(engineUrl, { path: "/metrics" });
  assert.equal(status, 200);
  return readWorkerMetrics(body);
}

/** Two processors that others use too make a real engine slow; its page takes it several ms. */
const LIMITS = { real: { limitMs: 30_000, pauseMs: 100 }, simulated: { limitMs: 5000, pauseMs: 20 } };

export interface Awaited {
  readonly waiting?: number;
  /** Called before each look; what it throws ends the wait. */
  readonly check?: () => void;
}

export async function running(target: Target, count: number, { waiting = 0, check }: Awaited = {}): Promise<void> {
  const wanted = `${count} running and ${waiting} waiting`;
  const seen = new Set<string>();
  const reached = async (): Promise<boolean> => {
    check?.();
    const metrics = await workerMetrics(target);
    const now = `${metrics.running} running and ${metrics.waiting} waiting`;
    seen.add(now);
    return now === wanted;
  };
  const { limitMs, pauseMs } = target.real ? LIMITS.real : LIMITS.simulated;
  if (!(await within(limitMs, reached, pauseMs)))
    assert.fail(`${wanted}: not within ${limitMs} ms; seen: ${[...seen].join(", ")}`);
}
