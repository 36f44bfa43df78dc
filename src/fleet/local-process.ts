// One worker that runs as a child process of the gateway: started, watched, restarted, given up, stopped.
import { type Clock, type Random, seededRandom, type Timer } from "../core/index.ts";
import { type Death, isCrashLoop, restartDelay } from "./launcher/crash-loop.ts";
import { type LastWords, lastWords } from "./launcher/last-words.ts";
import { LAUNCH_LIMITS } from "./launcher/launch-limits.ts";
import { type ProcessLife, processLife } from "./launcher/process-life.ts";
import type { ProcessSpec } from "./launcher/process-spec.ts";
import { killGroup } from "./launcher/spawn-worker.ts";
import { logSize, rotateLog } from "./launcher/worker-log.ts";

/** starting: its API has not answered yet · waiting: it ended and is started again · crash loop: it is not · stopped: as asked. */
export type ProcessPhase = "starting" | "running" | "waiting" | "crash loop" | "stopped";

export interface ProcessEnd {
  readonly how: string;
  readonly lastWords: LastWords;
  /** Since 1970. */
  readonly epoch: number;
}

export interface LocalProcess {
  readonly id: string;
  readonly phase: ProcessPhase;
  /** Undefined while it is not running. */
  readonly pid: number | undefined;
  readonly restarts: number;
  readonly logFile: string;
  readonly lastEnd: ProcessEnd | undefined;
  /** Empty while it has none, or none is known. */
  readonly gpus: readonly string[];
  /** It sleeps: others may have its GPUs. */
  park(): void;
  /** Before it is woken. Throws when its GPUs are taken. */
  unpark(): void;
  /** Starts it now, also out of a crash loop or after a stop; nothing while it runs. Throws when its GPUs are taken. */
  startAgain(): void;
  /** SIGTERM, then SIGKILL to all its processes after `graceMs`, by default its limit; resolves when it is gone. */
  stop(graceMs?: number): Promise<void>;
}

export interface LocalProcessOptions {
  readonly spec: ProcessSpec;
  readonly clock: Clock;
  readonly random?: Random;
  /** Called when it ends without having been asked to; without `retryMs` it stays down. */
  readonly onExit: (exit: ProcessEnd & { readonly id: string; readonly retryMs: number | undefined }) => void;
  /** Called when its API answers for the first time since a start. */
  readonly onReady?: (ready: { readonly id: string; readonly afterMs: number }) => void;
}

const LOG_LOOK_MS = 5000;
/** A process that hangs in a driver ends when it can; nobody waits for it. */
const KILL_LIMIT_MS = 5000;

export function localProcess({ spec, clock, random, onExit, onReady }: LocalProcessOptions): LocalProcess {
  const limits = spec.limits ?? LAUNCH_LIMITS;
  const chance = random ?? seededRandom(spec.id);
  let phase: ProcessPhase = "starting";
  let life: ProcessLife | undefined;
  let restarts = 0;
  let parked = false;
  let deaths: readonly Death[] = [];
  let failures = 0;
  let lastEnd: ProcessEnd | undefined;
  let retry: Timer | undefined;
  let logLook: Timer | undefined;

  function start(): void {
    phase = spec.origin === undefined ? "running" : "starting";
    const logFrom = logSize(spec.logFile);
    life = processLife({
      spec,
      limits,
      clock,
      onReady(afterMs) {
        if (phase === "stopped") return;
        phase = "running";
        onReady?.({ id: spec.id, afterMs });
      },
      onEnd: (how, readyMs) => ended(how, { readyMs, logFrom }),
    });
  }

  function ended(how: string, { readyMs, logFrom }: { readonly readyMs: number | undefined; logFrom: number }): void {
    life = undefined;
    if (phase === "stopped") return;
    if (parked) {
      // Nobody misses it until it is woken, and its GPUs are another's.
      phase = "stopped";
      return;
    }
    // What ran well for the whole window has recovered from what ended it before.
    const hadRecovered = readyMs !== undefined && readyMs >= limits.crash.windowMs;
    failures = hadRecovered ? 1 : failures + 1;
    deaths = [...deaths.slice(1 - limits.crash.deaths), { at: clock.now(), wasReady: readyMs !== undefined }];
    lastEnd = { how, lastWords: lastWords(spec.logFile, logFrom, spec.secrets ?? []), epoch: clock.epoch() };
    const givenUp = isCrashLoop(deaths, limits.crash, clock.now());
    const retryMs = givenUp ? undefined : restartDelay(failures, chance);
    phase = givenUp ? "crash loop" : "waiting";
    if (givenUp) spec.lease?.give();
    if (retryMs !== undefined) retry = clock.after(retryMs, again);
    onExit({ id: spec.id, ...lastEnd, retryMs });
  }

  function again(): void {
    restarts += 1;
    start();
  }

  function startAgain(): void {
    if (life !== undefined) return;
    spec.lease?.take();
    parked = false;
    retry?.cancel();
    deaths = [];
    failures = 0;
    again();
    watchLog();
  }

  function watchLog(): void {
    logLook?.cancel();
    logLook = clock.after(LOG_LOOK_MS, () => {
      // A full disk must not end the watch.
      void rotateLog(spec.logFile, limits.log)
        .catch(() => false)
        .then(() => phase !== "stopped" && watchLog());
    });
  }

  async function stop(graceMs = limits.stopMs): Promise<void> {
    phase = "stopped";
    retry?.cancel();
    logLook?.cancel();
    const running = life;
    const { child } = running ?? {};
    if (child === undefined || child.pid === undefined) return spec.lease?.give();
    const gone = new Promise<void>((resolve) => {
      child.once("exit", () => resolve());
      const kill = clock.after(graceMs, () => killGroup(child.pid));
      const leave = clock.after(graceMs + KILL_LIMIT_MS, resolve);
      child.once("exit", () => [kill, leave].forEach((timer) => timer.cancel()));
    });
    child.kill("SIGTERM");
    await gone;
    running?.end("stopped");
    spec.lease?.give();
  }

  start();
  watchLog();
  return {
    id: spec.id,
    logFile: spec.logFile,
    get phase() {
      return phase;
    },
    get pid() {
      return life?.child?.pid;
    },
    get restarts() {
      return restarts;
    },
    get lastEnd() {
      return lastEnd;
    },
    get gpus() {
      return spec.lease?.devices ?? [];
    },
    park() {
      parked = true;
      spec.lease?.park();
    },
    unpark() {
      spec.lease?.take();
      parked = false;
    },
    startAgain,
    stop,
  };
}
