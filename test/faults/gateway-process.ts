// The gateway as users run it, in a process of its own, its disks full, with a line to its inside.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { type Inside, SOCKET_VARIABLE } from "./inside.ts";

export interface GatewayProcess {
  readonly pid: number;
  readonly data: string;
  /** Undefined while it runs. */
  readonly exit: string | undefined;
  admin(method: string, path: string, body?: object): Promise<Record<string, unknown>>;
  metrics(): Promise<string>;
  inside(): Promise<Inside>;
  jumpClock(ms: number): Promise<void>;
  stop(): Promise<void>;
}

interface Opened {
  readonly data: string;
  readonly admin: string;
  readonly metrics: string;
  readonly adminTokenFile: string;
}

const MAIN = join(import.meta.dirname, "..", "..", "src", "cli", "main.ts");
/** Every write there fails with ENOSPC; Linux only. */
const FULL_DISK = existsSync("/dev/full") ? "/dev/full" : "/dev/null";

export interface GatewaySetting {
  readonly deployment: string;
  /** Where its log goes; default: a disk that is full. */
  readonly log?: string | undefined;
}

export async function startGatewayProcess({ deployment, log = FULL_DISK }: GatewaySetting): Promise<GatewayProcess> {
  const folder = mkdtempSync(join(tmpdir(), "switchgear-faults-"));
  const file = join(folder, "deployment.yaml");
  const socket = join(folder, "inside");
  writeFileSync(file, deployment);
  const ports = ["--port", "0", "--admin-port", "0", "--metrics-port", "0", "--record", FULL_DISK];
  const flags = [file, ...ports, "--state-directory", folder, "--quiet", "--json"];
  const inside = ["--import", join(import.meta.dirname, "inside.ts")];
  const child = spawn(process.execPath, [...inside, MAIN, "serve", ...flags], {
    env: { ...process.env, [SOCKET_VARIABLE]: socket },
    stdio: ["ignore", "pipe", openSync(log, "a")],
  });
  let exit: string | undefined;
  child.once("exit", (code, signal) => void (exit = `${code ?? signal}`));
  const open = await firstLine(child.stdout);
  const token = readFileSync(open.adminTokenFile, "utf8").trim();

  async function admin(method: string, path: string, body?: object): Promise<Record<string, unknown>> {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const init = { method, headers, ...(body && { body: JSON.stringify(body) }) };
    const answer = await fetch(`${open.admin}${path}`, init);
    return (await answer.json()) as Record<string, unknown>;
  }

  return {
    pid: child.pid ?? 0,
    data: open.data,
    get exit() {
      return exit;
    },
    admin,
    metrics: async () => (await fetch(open.metrics)).text(),
    inside: () => ask(socket, "look"),
    jumpClock: async (ms) => void (await ask(socket, `jump ${ms}`)),
    async stop() {
      if (exit === undefined) {
        const gone = once(child, "exit");
        child.kill("SIGTERM");
        await gone;
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function firstLine(stdout: Readable | null): Promise<Opened> {
  if (stdout === null) throw new Error("no stdout");
  for await (const line of createInterface({ input: stdout })) return JSON.parse(line) as Opened;
  throw new Error("the gateway ended before it was open");
}

async function ask(path: string, question: string): Promise<Inside> {
  const socket = createConnection(path);
  socket.write(`${question}\n`);
  for await (const line of createInterface({ input: socket })) {
    socket.destroy();
    return JSON.parse(line) as Inside;
  }
  throw new Error("the gateway's inside does not answer");
}
