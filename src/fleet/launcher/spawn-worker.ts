// Starts the process of one worker, and ends all that belongs to it.
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync } from "node:fs";
import { openLog } from "./worker-log.ts";

export interface Command {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** stdout and stderr are appended here. */
  readonly logFile: string;
}

export function spawnWorker({ command, args, env, logFile }: Command): ChildProcess {
  // A descriptor of its own, not a pipe: a worker that outlives the gateway keeps its log.
  const log = openLog(logFile);
  try {
    // stdin stays open as long as this process lives: a simulated engine ends when it closes, so kill -9 leaves no orphan.
    // A process group of its own: a terminal sends Ctrl-C to the whole group, and workers must outlive the drain.
    const child = spawn(command, args, {
      env: { ...process.env, ...env },
      stdio: ["pipe", log ?? "ignore", log ?? "ignore"],
      detached: true,
    });
    child.stdin?.on("error", () => undefined);
    return child;
  } finally {
    if (log !== undefined) closeSync(log);
  }
}

/** Engines of vLLM run in processes of their own and hold the GPU's memory. */
export function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // Nobody is left.
  }
}
