// Starts the fake vLLM servers in a process of their own.
import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { MODEL } from "./prompts.ts";

export interface MockWorkers {
  readonly pid: number;
  readonly origins: readonly string[];
  stop(): Promise<void>;
}

export async function startMockWorkers(count: number, gapMs = 10, model = MODEL): Promise<MockWorkers> {
  const child = fork(join(import.meta.dirname, "mock-workers.ts"), [String(count), String(gapMs), model]);
  const [{ origins }] = (await once(child, "message")) as [{ origins: readonly string[] }];
  return {
    pid: child.pid ?? 0,
    origins,
    async stop() {
      const gone = once(child, "exit");
      child.disconnect();
      await gone;
    },
  };
}
