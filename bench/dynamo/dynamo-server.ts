// NVIDIA Dynamo's frontend and its mock workers, as scripts/dynamo/install.sh put them there, in processes of their own.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../lib/free-port.ts";

export interface DynamoServer {
  readonly url: string;
  /** As a crash: its workers are gone at once, the frontend stays. */
  killMocker(): void;
  stop(): Promise<void>;
}

export interface DynamoOptions {
  /** What install.sh printed. */
  readonly installed: string;
  /** For its files and logs. */
  readonly folder: string;
  readonly model: string;
  readonly workers: number;
}

export async function dynamoServer({ installed, folder, model, workers }: DynamoOptions): Promise<DynamoServer> {
  const port = await freePort();
  const store = join(folder, "discovery");
  mkdirSync(store, { recursive: true });
  const planes = ["--discovery-backend", "file", "--request-plane", "tcp", "--event-plane", "zmq"];
  const run = (name: string, args: readonly string[]): ChildProcess => {
    const log = openSync(join(folder, `${name}.log`), "w");
    const env = { ...process.env, ...ENV, DYN_FILE_KV: store };
    const child = spawn(join(installed, "venv", "bin", "python"), ["-m", `dynamo.${name}`, ...planes, ...args], {
      cwd: folder,
      env,
      stdio: ["ignore", log, log],
    });
    closeSync(log);
    return child;
  };
  const frontend = run("frontend", ["--http-port", String(port), "--router-mode", "kv"]);
  const shape = ["--num-workers", String(workers), "--block-size", "64", "--num-gpu-blocks-override", "16384"];
  const served = ["--model-path", join(installed, "model"), "--model-name", model, "--speedup-ratio", "10"];
  const mocker = run("mocker", [...served, ...shape]);
  const url = `http://127.0.0.1:${port}`;
  const stop = async (): Promise<void> => {
    await Promise.all([frontend, mocker].map(ended));
  };
  try {
    await generates(url, model, () => frontend.exitCode ?? mocker.exitCode);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, killMocker: () => void mocker.kill("SIGKILL"), stop };
}

const ENV = {
  DYN_DISCOVERY_BACKEND: "file",
  DYN_REQUEST_PLANE: "tcp",
  DYN_EVENT_PLANE: "zmq",
  DYN_LOG: "warn",
  DYN_NAMESPACE: "dynamo",
  HF_HUB_OFFLINE: "1",
};

const START_MS = 120_000;

/** The model is listed some seconds before its workers answer. */
async function generates(url: string, model: string, exitCode: () => number | null): Promise<void> {
  const body = JSON.stringify({ model, prompt: "ready?", max_tokens: 1 });
  const headers = { "content-type": "application/json" };
  const end = Date.now() + START_MS;
  for (let good = 0; good < 5;) {
    if (Date.now() > end || exitCode() !== null) throw new Error(`Dynamo does not answer at ${url}; see its logs`);
    const status = await fetch(`${url}/v1/completions`, { method: "POST", headers, body }).then(
      async (answer) => {
        await answer.text();
        return answer.status;
      },
      () => 0,
    );
    good = status === 200 ? good + 1 : 0;
    if (status !== 200) await sleep(500);
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGINT");
  const killer = setTimeout(() => child.kill("SIGKILL"), 5000);
  await gone;
  clearTimeout(killer);
}
