// Everything that is compared, in the order of the tables.
import { fork } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { startServe } from "../lib/serve-process.ts";
import type { Contender } from "./contender.ts";
import { deploymentText, QWEN3 } from "./deployment-text.ts";
import { nginx, smg, vllmRouter } from "./rivals.ts";

export const BARE = "bare relay";
export const KV_AWARE = "gateway kv_aware";
export const VLLM_ROUTER = "vllm-router cache_aware";
export const SMG = "smg cache_aware";
export const DIRECT = "direct";

export const contenders: readonly Contender[] = [
  {
    name: DIRECT,
    absent: undefined,
    start: (workers) =>
      Promise.resolve({ port: Number(new URL(workers[0] ?? "").port), pid: undefined, stop: () => Promise.resolve() }),
  },
  nginx("nginx"),
  { name: BARE, absent: undefined, start: startBareRelay },
  vllmRouter(VLLM_ROUTER),
  smg(SMG),
  gateway("gateway round_robin", "round_robin", { source: "builtin" }),
  gateway("gateway least_loaded", "least_loaded", { source: "builtin" }),
  gateway(KV_AWARE, "kv_aware", { source: "builtin" }),
  {
    ...gateway("gateway kv_aware, Qwen3 tokenizer", "kv_aware", { source: "path", path: QWEN3 }),
    absent: existsSync(QWEN3) ? undefined : "no Qwen3 tokenizer (a development dependency)",
  },
];

function gateway(name: string, algorithm: string, tokenizer: Readonly<Record<string, string>>): Contender {
  return {
    name,
    absent: undefined,
    async start(workers) {
      const serve = await startServe(deploymentText({ algorithm, tokenizer, workers }));
      const port = Number(new URL(serve.data).port);
      return { pid: serve.pid, port, stop: async () => void (await serve.stop()) };
    },
  };
}

async function startBareRelay(workers: readonly string[]) {
  const child = fork(join(import.meta.dirname, "bare-relay.ts"), workers);
  const [{ port }] = (await once(child, "message")) as [{ port: number }];
  return {
    port,
    pid: child.pid,
    async stop() {
      const gone = once(child, "exit");
      child.disconnect();
      await gone;
    },
  };
}
