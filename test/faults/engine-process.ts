// One simulated worker in a process of its own that can be killed, stopped, brought back at the same port, and told to fail.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { freePort } from "../../bench/lib/free-port.ts";

export const MODEL = "m";
export const PROFILE = "llama-3.1-8b-h100-tp1-bf16";

export interface EngineProcess {
  readonly port: number;
  start(): Promise<void>;
  /** Resolves when it is gone. */
  kill(signal: "SIGKILL" | "SIGTERM"): Promise<void>;
  signal(signal: "SIGSTOP" | "SIGCONT"): void;
  /** Replaces its faults; `{}` ends them. */
  faults(spec: object): Promise<void>;
  readonly running: boolean;
}

const MAIN = join(import.meta.dirname, "..", "..", "src", "cli", "main.ts");

/** What a worker of prefill and decode pools is told: a connector, and any free port for its side channel. */
export const ROLE_FLAGS = {
  prefill: kvFlags("kv_producer"),
  decode: kvFlags("kv_consumer"),
} as const;
const SIDE_CHANNEL = { VLLM_NIXL_SIDE_CHANNEL_HOST: "127.0.0.1", VLLM_NIXL_SIDE_CHANNEL_PORT: "0" };

function kvFlags(kv_role: string): readonly string[] {
  return ["--kv-transfer-config", JSON.stringify({ kv_connector: "NixlConnector", kv_role })];
}

/** `more`: further flags of `switchgear engine`. */
export async function engineProcess(more: readonly string[] = []): Promise<EngineProcess> {
  const [port, events, replay] = [await freePort(), await freePort(), await freePort()];
  const publisher = {
    enable_kv_cache_events: true,
    publisher: "zmq",
    endpoint: `tcp://*:${events}`,
    replay_endpoint: `tcp://*:${replay}`,
  };
  const flags = {
    "--model": MODEL,
    "--profile": PROFILE,
    "--port": String(port),
    "--shutdown-timeout": "5",
    "--hang-limit": "1",
    "--kv-events-config": JSON.stringify(publisher),
  };
  const args = [MAIN, "engine", ...Object.entries(flags).flat(), ...more, "--exit-with-stdin"];
  let child: ChildProcess | undefined;

  const isRunning = (): boolean => child !== undefined && child.exitCode === null && child.signalCode === null;
  return {
    port,
    get running() {
      return isRunning();
    },
    async start() {
      if (isRunning()) return;
      child = spawn(process.execPath, args, {
        env: { ...process.env, ...SIDE_CHANNEL },
        stdio: ["pipe", "pipe", "inherit"],
      });
      child.stdin?.on("error", () => undefined);
      await listening(child);
    },
    async kill(signal) {
      if (child === undefined || !isRunning()) return;
      const gone = once(child, "exit");
      child.kill(signal);
      await gone;
    },
    signal: (signal) => void child?.kill(signal),
    async faults(spec) {
      const init = { method: "POST", body: JSON.stringify(spec), signal: AbortSignal.timeout(3000) };
      // It may have died of its faults.
      await fetch(`http://127.0.0.1:${port}/_sim/faults`, init).catch(() => undefined);
    },
  };
}

async function listening(child: ChildProcess): Promise<void> {
  if (child.stdout === null) throw new Error("no stdout");
  for await (const line of createInterface({ input: child.stdout })) {
    if (!line.startsWith("listening")) continue;
    // What it prints later must not fill the pipe.
    child.stdout.resume();
    return;
  }
  throw new Error(`the engine ended before it listened (${child.exitCode ?? child.signalCode})`);
}
