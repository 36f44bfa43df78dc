// Starts `switchgear serve` as users do, in a process of its own, and waits until it is ready.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

export interface ServeProcess {
  readonly pid: number;
  readonly data: string;
  readonly admin: string;
  readonly metrics: string;
  readonly adminTokenFile: string;
  /** SIGTERM; resolves to the exit code, null when it was killed. */
  stop(): Promise<number | null>;
}

const MAIN = join(import.meta.dirname, "..", "..", "src", "cli", "main.ts");

export interface NodeSettings {
  /** Before the program's file. */
  readonly args?: readonly string[];
  /** Beside our own environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Gets each line of standard error in place of ours. */
  readonly onLog?: (line: string) => void;
}

/** `deployments` are YAML texts; ports are chosen by the process. */
export async function startServe(
  deployments: string | readonly string[],
  node: NodeSettings = {},
): Promise<ServeProcess> {
  const folder = mkdtempSync(join(tmpdir(), "switchgear-bench-"));
  const files = [deployments].flat().map((text, i) => {
    const file = join(folder, `deployment-${i}.yaml`);
    writeFileSync(file, text);
    return file;
  });
  const ports = ["--port", "0", "--admin-port", "0", "--metrics-port", "0"];
  const child = spawn(
    process.execPath,
    [...(node.args ?? []), MAIN, "serve", ...files, ...ports, "--state-directory", folder, "--quiet", "--json"],
    {
      env: { ...process.env, ...node.env },
      stdio: ["ignore", "pipe", node.onLog === undefined ? "inherit" : "pipe"],
    },
  );
  if (child.stderr !== null && node.onLog !== undefined)
    createInterface({ input: child.stderr }).on("line", node.onLog);
  const open = await opened(child).catch((error: unknown) => {
    // Whoever started it must not wait for a process that nobody stops.
    child.kill("SIGKILL");
    throw error;
  });
  return {
    ...open,
    pid: child.pid ?? 0,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        const gone = once(child, "exit");
        child.kill("SIGTERM");
        await gone;
      }
      rmSync(folder, { recursive: true, force: true });
      return child.exitCode;
    },
  };
}

async function opened(child: ChildProcess): ReturnType<typeof firstLine> {
  const open = await firstLine(child);
  await ready(`${open.data}/ready`);
  return open;
}

async function firstLine(child: ChildProcess): Promise<Omit<ServeProcess, "pid" | "stop">> {
  if (child.stdout === null) throw new Error("no stdout");
  for await (const line of createInterface({ input: child.stdout }))
    return JSON.parse(line) as Omit<ServeProcess, "pid" | "stop">;
  throw new Error(`serve ended before it was open (exit code ${child.exitCode})`);
}

async function ready(url: string): Promise<void> {
  const end = Date.now() + 60_000;
  for (;;) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.status === 200) return;
    if (Date.now() > end) throw new Error(`${url} is not ready after 60 s`);
    await new Promise((resolve) => void setTimeout(resolve, 100));
  }
}
