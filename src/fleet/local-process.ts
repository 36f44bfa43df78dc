// One worker that runs as a child process of the gateway: started, watched, restarted, stopped.
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { type Clock, type Timer, toError } from "../core/index.ts";
import { forgetProcess, noteProcess } from "./leftover-processes.ts";

export interface ProcessSpec {
  readonly id: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** stdout and stderr are appended here. */
  readonly logFile: string;
  /** Where the running process is noted, for the gateway that comes after a kill; undefined = nowhere. */
  readonly noteFolder?: string | undefined;
}

export interface LocalProcess {
  readonly id: string;
  /** Undefined while it is not running. */
  readonly pid: number | undefined;
  readonly restarts: number;
  /** SIGTERM, then SIGKILL after `graceMs`; resolves when the process is gone. */
  stop(graceMs: number): Promise<void>;
}

export interface LocalProcessOptions {
  readonly spec: ProcessSpec;
  readonly clock: Clock;
  /** Called when it ends without having been asked to. */
  readonly onExit: (exit: { readonly id: string; readonly how: string; readonly retryMs: number }) => void;
}

const FIRST_BACKOFF_MS = 500;
const LONGEST_BACKOFF_MS = 30_000;
/** A process that lived this long starts again at the first back-off. */
const HEALTHY_MS = 60_000;

export function localProcess({ spec, clock, onExit }: LocalProcessOptions): LocalProcess {
  let child: ChildProcess | undefined;
  let restarts = 0;
  let backoff = FIRST_BACKOFF_MS;
  let stopping = false;
  let timer: Timer | undefined;

  function start(): void {
    const startedAt = clock.now();
    let ended = false;
    const end = (how: string): void => {
      if (ended) return;
      ended = true;
      child = undefined;
      if (spec.noteFolder !== undefined) forgetProcess(spec.noteFolder, spec.id);
      if (stopping) return;
      backoff = clock.now() - startedAt > HEALTHY_MS ? FIRST_BACKOFF_MS : backoff;
      onExit({ id: spec.id, how, retryMs: backoff });
      timer = clock.after(backoff, restart);
      backoff = Math.min(backoff * 2, LONGEST_BACKOFF_MS);
    };
    let started: ChildProcess;
    try {
      started = launch(spec);
    } catch (thrown) {
      // No memory, no descriptors: it is tried again like a process that ended.
      return end(toError(thrown).message);
    }
    child = started;
    if (spec.noteFolder !== undefined && started.pid !== undefined) noteProcess(spec.noteFolder, spec.id, started.pid);
    started.on("error", (error) => end(error.message));
    started.on("exit", (code, signal) => end(signal === null ? `exit code ${code}` : `signal ${signal}`));
  }

  function restart(): void {
    restarts += 1;
    start();
  }

  async function stop(graceMs: number): Promise<void> {
    stopping = true;
    timer?.cancel();
    const running = child;
    if (running === undefined) return;
    const gone = new Promise<void>((resolve) => running.once("exit", () => resolve()));
    running.kill("SIGTERM");
    const kill = clock.after(graceMs, () => void running.kill("SIGKILL"));
    await gone;
    kill.cancel();
  }

  start();
  return {
    id: spec.id,
    get pid() {
      return child?.pid;
    },
    get restarts() {
      return restarts;
    },
    stop,
  };
}

function launch({ command, args, env, logFile }: ProcessSpec): ChildProcess {
  // A descriptor of its own, not a pipe: a worker that outlives the gateway keeps its log.
  const log = openLog(logFile);
  // stdin stays open as long as this process lives: a simulated engine ends when it closes, so kill -9 leaves no orphan.
  // A process group of its own: a terminal sends Ctrl-C to the whole group, and workers must outlive the drain.
  const child = spawn(command, args, {
    env: { ...process.env, ...env },
    stdio: ["pipe", log ?? "ignore", log ?? "ignore"],
    detached: true,
  });
  child.stdin?.on("error", () => undefined);
  if (log !== undefined) closeSync(log);
  return child;
}

/** Undefined on a disk that cannot be written: a worker without a log beats none. */
function openLog(file: string): number | undefined {
  try {
    mkdirSync(dirname(file), { recursive: true });
    return openSync(file, "a", 0o600);
  } catch {
    return undefined;
  }
}
