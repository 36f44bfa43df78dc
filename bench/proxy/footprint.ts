// What a gateway costs that has nothing to do: memory with and without a tokenizer file, CPU with a hundred workers.
import { setTimeout as delay } from "node:timers/promises";
import { existsSync } from "node:fs";
import { cpuSeconds, residentMegabytes } from "../lib/process-usage.ts";
import { startServe } from "../lib/serve-process.ts";
import { deploymentText, QWEN3, type TestedDeployment } from "./deployment-text.ts";
import { startMockWorkers } from "./start-mock-workers.ts";

export interface Footprint {
  readonly residentMb: number;
  /** Undefined when there is no tokenizer file to test with. */
  readonly residentWithTokenizerMb: number | undefined;
  readonly idleWorkers: number;
  readonly idleSeconds: number;
  /** Of one core. */
  readonly idleCpuPercent: number;
}

const WORKERS = 100;
/** First probes and scrapes are over, the tokenizer is loaded. */
const SETTLE_MS = 5000;

export async function measureFootprint(idleSeconds: number): Promise<Footprint> {
  const few = await startMockWorkers(2);
  const many = await startMockWorkers(WORKERS);
  try {
    const common = { algorithm: "kv_aware", workers: few.origins };
    return {
      residentMb: await idle({ ...common, tokenizer: { source: "builtin" } }, residentMegabytes),
      residentWithTokenizerMb: existsSync(QWEN3)
        ? await idle({ ...common, tokenizer: { source: "path", path: QWEN3 } }, residentMegabytes)
        : undefined,
      idleWorkers: WORKERS,
      idleSeconds,
      idleCpuPercent: await idle(
        { algorithm: "kv_aware", workers: many.origins, tokenizer: { source: "builtin" } },
        (pid) => cpuPercent(pid, idleSeconds),
      ),
    };
  } finally {
    await Promise.all([few.stop(), many.stop()]);
  }
}

async function idle(deployment: TestedDeployment, look: (pid: number) => number | Promise<number>): Promise<number> {
  const serve = await startServe(deploymentText(deployment));
  try {
    await delay(SETTLE_MS);
    return await look(serve.pid);
  } finally {
    await serve.stop();
  }
}

async function cpuPercent(pid: number, seconds: number): Promise<number> {
  const before = cpuSeconds(pid);
  await delay(seconds * 1000);
  return (100 * (cpuSeconds(pid) - before)) / seconds;
}
