// A gateway in a process group of its own, as a terminal would start it; any ports, a state folder of its own.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { get } from "node:http";
import { get as getSecurely } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";

export interface GatewayProcess {
  readonly pid: number;
  readonly data: string;
  readonly admin: string;
  readonly metrics: string;
  readonly adminTokenFile: string;
  readonly stderr: () => string;
  /** To the whole group, as Ctrl-C does. */
  interrupt(): void;
  /** The whole group at once, when there still is one. */
  kill(): void;
  /** Resolves to the exit code; null when a signal ended it. */
  readonly ended: Promise<number | null>;
}

export interface GatewayCommand {
  /** Program first, `serve FILE…` included. */
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Options that win over any ports. */
  readonly more?: readonly string[];
  /** PEM text that the data port's certificate has to bear out; its port speaks HTTPS. */
  readonly certificate?: string;
}

const ANY_PORTS = ["--port", "0", "--admin-port", "0", "--metrics-port", "0"];
const READY_LIMIT_MS = 20_000;

interface OpenLine {
  readonly data: string;
  readonly admin: string;
  readonly metrics: string;
  readonly adminTokenFile: string;
}

export async function startGatewayProcess({
  argv,
  cwd,
  env = process.env,
  more = [],
  certificate,
}: GatewayCommand): Promise<GatewayProcess> {
  const state = stateFolder();
  const [program = "", ...args] = [...argv, ...ANY_PORTS, "--state-directory", state, "--quiet", "--json", ...more];
  const child = spawn(program, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"], detached: true });
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => void (stderr += chunk.toString()));
  const ended = once(child, "exit").then(([code]) => (typeof code === "number" ? code : null));
  const line = await Promise.race([firstLine(child), ended.then(() => undefined)]);
  if (line === undefined) throw new Error(`${argv.join(" ")} ended before it was open: ${stderr}`);
  const open = JSON.parse(line) as OpenLine;
  await ready(open.data, certificate);
  const pid = child.pid ?? 0;
  return { ...open, pid, stderr: () => stderr, ended, interrupt: () => signal(pid, "SIGINT"), kill: () => killed(pid) };
}

const states: string[] = [];
process.once("exit", () => {
  for (const one of states) rmSync(one, { recursive: true, force: true });
});

/** Gone when the tests are over: some read it after the gateway's end. */
function stateFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "switchgear-gateway-"));
  states.push(folder);
  return folder;
}

function signal(group: number, name: NodeJS.Signals): void {
  process.kill(-group, name);
}

function killed(group: number): void {
  try {
    signal(group, "SIGKILL");
  } catch {
    // It has ended, as it should.
  }
}

async function firstLine(child: ChildProcess): Promise<string | undefined> {
  if (child.stdout === null) return undefined;
  for await (const line of createInterface({ input: child.stdout })) return line;
  return undefined;
}

async function ready(url: string, certificate: string | undefined): Promise<void> {
  const limit = AbortSignal.timeout(READY_LIMIT_MS);
  while ((await status(`${url}/ready`, certificate)) !== 200) await pause(50, undefined, { signal: limit });
}

function status(url: string, certificate: string | undefined): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asked =
      certificate === undefined ? get(url, { agent: false }) : getSecurely(url, { agent: false, ca: certificate });
    asked.on("error", reject).on("response", (response) => {
      response.resume().on("end", () => resolve(response.statusCode));
    });
  });
}
