// A gateway that starts and stops simulated engines of its own, in a folder that outlives it; its clients and its processes.
import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { type CommandEnd, runCommand } from "../../../bench/lib/cli-command.ts";
import type { ScaleStatus } from "../../../src/app/index.ts";
import type { ScaleRecord } from "../../../src/autoscaling/index.ts";
import { deploymentText, type JsonObject } from "../../config/deployment-text.ts";
import { closeAfterTest } from "../../core/closing.ts";
import { temporaryFolder } from "../../core/temporary-folder.ts";
import { type GatewayProcess, startGatewayProcess } from "../../packaging/gateway-process.ts";
import { eventually } from "../api.ts";

const MAIN = join(import.meta.dirname, "../../../src/cli/main.ts");
export const POOL = "m-workers";
/** Processes start and end on a machine that may be busy. */
export const PATIENCE_MS = 40_000;

export interface ScaledGateway extends GatewayProcess {
  readonly folder: string;
  status(): Promise<ScaleStatus>;
  decisions(): Promise<readonly ScaleRecord[]>;
  set(replicas: number | null): Promise<number>;
  stop(): Promise<void>;
}

/** `folder`: of a gateway before, to go on with. */
export async function scaledGateway(
  spec: { readonly workers?: JsonObject; readonly autoscaling?: JsonObject; readonly more?: JsonObject },
  folder = temporaryFolder(),
): Promise<ScaledGateway> {
  const file = join(folder, "scaled.yaml");
  writeFileSync(file, textOf(spec));
  const argv = [process.execPath, MAIN, "serve", file];
  const more = ["--state-directory", folder];
  const gateway = await startGatewayProcess({ argv, cwd: folder, more });
  closeAfterTest(() => gateway.kill());
  const token = readFileSync(gateway.adminTokenFile, "utf8").trim();
  const ask = async (path: string, body?: object): Promise<Response> =>
    fetch(`${gateway.admin}/admin/v1/scale${path}`, {
      method: body === undefined ? "GET" : "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  return {
    ...gateway,
    folder,
    async status() {
      const { pools } = (await (await ask("")).json()) as { pools: ScaleStatus[] };
      const [first] = pools;
      assert.ok(first);
      return first;
    },
    decisions: async () => ((await (await ask(`/${POOL}/decisions`)).json()) as { decisions: ScaleRecord[] }).decisions,
    set: async (replicas) => (await ask(`/${POOL}/set`, { replicas })).status,
    async stop() {
      process.kill(gateway.pid, "SIGTERM");
      assert.equal(await gateway.ended, 0, gateway.stderr());
    },
  };
}

/** The command, asking this gateway. */
export function scale({ admin, folder }: ScaledGateway, ...args: readonly string[]): Promise<CommandEnd> {
  return runCommand(["scale", ...args, "--admin", admin, "--state-directory", folder]);
}

/** One sequence at a time, so that one worker is soon too few. */
const WORKERS = {
  engine: "simulated",
  profile: "llama-3.1-8b-h100-tp1-bf16",
  speed: 2,
  maxBatchSize: 1,
  maxModelLen: 4096,
};
const AUTOSCALING = { enabled: true, intervalSeconds: 0.3, stabilisationSeconds: 0.6, startupSeconds: 5 };

export function textOf({
  workers = {},
  autoscaling = {},
  more = {},
}: {
  readonly workers?: JsonObject;
  readonly autoscaling?: JsonObject;
  readonly more?: JsonObject;
}): string {
  const spec = {
    model: { name: "m" },
    tokenizer: { source: "builtin" },
    serving: { workers: { endpoints: null, ...WORKERS, ...workers } },
    autoscaling: { ...AUTOSCALING, ...autoscaling },
    slo: { ttftP99Ms: 120 },
    ...more,
  };
  return deploymentText({ metadata: { name: "m" }, spec });
}

export interface Clients {
  readonly whole: number;
  readonly failures: readonly string[];
  /** From now on so many at a time, each with a pause between its requests. */
  run(clients: number, pauseMs?: number): void;
  /** No new requests; resolves when all have ended. */
  stop(): Promise<void>;
}

/** Stream answers of `tokens` tokens and check each to its end. */
export function clients(gateway: Pick<GatewayProcess, "data">, tokens = 20): Clients {
  const failures: string[] = [];
  const running = new Map<number, Promise<void>>();
  let [whole, wanted, between] = [0, 0, 0];

  async function client(n: number): Promise<void> {
    for (let i = 0; n < wanted; i++) {
      const fault = await ask(gateway.data, `${n} ${i}`, tokens).catch(
        (error: Error) => `${error.message}: ${String(error.cause)}`,
      );
      if (fault === undefined) whole += 1;
      else failures.push(fault);
      await pause(between);
    }
    running.delete(n);
  }

  afterEach(() => void (wanted = 0));
  return {
    get whole() {
      return whole;
    },
    failures,
    run(count, pauseMs = 0) {
      [wanted, between] = [count, pauseMs];
      for (let n = 0; n < count; n++) if (!running.has(n)) running.set(n, client(n));
    },
    async stop() {
      wanted = 0;
      await Promise.all(running.values());
    },
  };
}

async function ask(data: string, content: string, tokens: number): Promise<string | undefined> {
  const messages = [{ role: "user", content }];
  const body = { model: "m", messages, stream: true, max_tokens: tokens, ignore_eos: true, temperature: 0 };
  const response = await fetch(`${data}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  const complete = text.includes('"finish_reason":"length"') && text.trimEnd().endsWith("data: [DONE]");
  return response.status === 200 && complete ? undefined : `${response.status} ${text.slice(-200)}`;
}

/** Engines that run with this state folder, by the words of their command lines. */
export function engines(folder: string): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      const line = commandLine(pid);
      return line.includes("\0engine\0") && line.includes(join(folder, "run"));
    });
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}

/** Of one worker, by its note. */
export function enginePid(folder: string, worker: string): number {
  const note = JSON.parse(readFileSync(join(folder, "processes", `${worker}.json`), "utf8")) as {
    readonly worker: { readonly pid: number };
  };
  return note.worker.pid;
}

export async function settled(gateway: ScaledGateway, workers: number): Promise<void> {
  await eventually(
    `${workers} workers, all ready`,
    async () => {
      const { ready, current, draining } = await gateway.status();
      return ready === workers && current === workers && draining === 0 && engines(gateway.folder).length === workers;
    },
    PATIENCE_MS,
  );
}
