// Simulated engines in processes of their own, as `switchgear engine` starts them.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { freePort } from "../lib/free-port.ts";

export interface EngineProcess {
  readonly origin: string;
  stop(): Promise<void>;
}

const MAIN = join(import.meta.dirname, "..", "..", "src", "cli", "main.ts");

/** Ten times as fast as the GPUs would be: requests are short, so that many of them begin and end. */
const SPEED = 10;
const PROFILE = "llama-3.1-70b-h100-tp4-bf16";

/** Seldom enough that workers stay in use, often enough that every way out of a request is taken thousands of times. */
const FAULTS = {
  errors: [
    { kind: "500", rate: 0.005 },
    { kind: "503", rate: 0.005 },
    { kind: "429", rate: 0.005 },
    { kind: "in_band", rate: 0.005, afterChunks: 3 },
  ],
  close: { afterChunks: 4, how: "reset", rate: 0.005 },
};

export async function startEngine(model: string): Promise<EngineProcess> {
  const events = { enable_kv_cache_events: true, publisher: "zmq", endpoint: `tcp://127.0.0.1:${await freePort()}` };
  const flags = {
    "--model": model,
    "--profile": PROFILE,
    "--port": "0",
    "--speed": String(SPEED),
    "--kv-events-config": JSON.stringify(events),
    "--faults": JSON.stringify(FAULTS),
  };
  const child = spawn(process.execPath, [MAIN, "engine", ...Object.entries(flags).flat(), "--exit-with-stdin"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  return { origin: await listening(child), stop: () => stop(child) };
}

async function listening(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error("no stdout");
  for await (const line of createInterface({ input: child.stdout })) {
    const origin = /listening on (http:\S+?),/.exec(line)?.[1];
    if (origin !== undefined) return origin;
  }
  throw new Error(`the engine ended before it listened (exit code ${child.exitCode})`);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.stdin?.end();
  await gone;
}
