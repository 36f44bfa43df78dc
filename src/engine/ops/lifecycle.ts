// How the engine starts slowly, hangs, drains, dies and ends; a state and the effects of leaving it.
import type { Clock } from "../../core/index.ts";
import type { EngineHandle, EngineState } from "./engine-ops.ts";
import type { OpenRequests } from "./open-requests.ts";
import type { ServerPort } from "./server-port.ts";

export interface LifecycleOptions {
  readonly clock: Clock;
  readonly engine: Pick<EngineHandle, "pause" | "resume">;
  readonly port: ServerPort;
  readonly open: OpenRequests;
  /** vLLM's --shutdown-timeout in ms. 0: running requests are dropped without a word. */
  readonly shutdownTimeoutMs: number;
  /** Ends the hang that follows a shutdown after so long; vLLM knows no such limit. */
  readonly hangLimitMs: number | undefined;
  /** Between the engine's death and the end of its HTTP server; a real one took under 2 s. */
  readonly deathExitMs: number;
  /** The process shall end with this code; sockets are closed already. */
  exit(code: number): void;
}

export interface Lifecycle {
  readonly state: EngineState;
  /** True from the engine's death on, while its HTTP server still stands. */
  readonly engineDead: boolean;
  shutdown(): void;
  crash(): void;
  engineDeath(): void;
  /** Until `release`, or for `forMs`. */
  hang(forMs: number | undefined): void;
  refuse(forMs: number): void;
  slowStart(forMs: number, how: "silent" | "refused" | "503"): void;
  /** Ends a hang, a refusal or a slow start. */
  release(): void;
  /** Runs `next` when the engine answers again; now, unless it hangs. */
  whenAnswering(next: () => void): void;
  close(): void;
}

export function createLifecycle(options: LifecycleOptions): Lifecycle {
  const { clock, engine, port, open } = options;
  const timers = new Set<{ cancel(): void }>();
  let state: EngineState = "ready";
  let engineDead = false;
  let shuttingDown = false;
  let answersWhileStarting = false;
  let held: (() => void)[] = [];

  return {
    get state() {
      return state;
    },
    get engineDead() {
      return engineDead;
    },
    shutdown,
    crash: () => end(137),
    engineDeath,
    hang: (forMs) => hold("hung", forMs),
    refuse(forMs) {
      port.stopListening();
      later(forMs, release);
    },
    slowStart(forMs, how) {
      hold("starting", forMs);
      answersWhileStarting = how === "503";
      if (how === "refused") port.stopListening();
    },
    release,
    whenAnswering(next) {
      const silent = state === "hung" || (state === "starting" && !answersWhileStarting);
      if (silent) held.push(next);
      else next();
    },
    close: () => timers.forEach((timer) => timer.cancel()),
  };

  function shutdown(): void {
    if (state === "dead") return;
    if (shuttingDown) return end(0);
    shuttingDown = true;
    if (options.shutdownTimeoutMs === 0) return goSilent();
    if (state === "hung" || state === "starting") engine.resume();
    release();
    state = "draining";
    later(options.shutdownTimeoutMs, goSilent);
    open.whenIdle(() => end(0));
  }

  /** vLLM 0.32: the port closes, running streams get neither bytes nor an end, until the clients leave. */
  function goSilent(): void {
    state = "draining";
    open.muteAll();
    engine.pause();
    port.stopListening();
    if (options.hangLimitMs !== undefined) later(options.hangLimitMs, () => end(0));
    open.whenIdle(() => end(0));
  }

  function engineDeath(): void {
    if (state === "dead" || engineDead) return;
    engineDead = true;
    engine.pause();
    open.failAll();
    release();
    later(options.deathExitMs, () => end(1));
  }

  function end(code: number): void {
    if (state === "dead") return;
    state = "dead";
    engine.pause();
    port.destroy();
    options.exit(code);
  }

  function hold(next: "hung" | "starting", forMs: number | undefined): void {
    if (state === "dead" || shuttingDown) return;
    state = next;
    engine.pause();
    if (forMs !== undefined) later(forMs, release);
  }

  function release(): void {
    if (state === "dead") return;
    if (!shuttingDown) port.listenAgain();
    if (state === "hung" || state === "starting") {
      state = "ready";
      if (!engineDead && !shuttingDown) engine.resume();
    }
    const waiting = held;
    held = [];
    for (const next of waiting) next();
  }

  function later(delayMs: number, run: () => void): void {
    const timer = clock.after(delayMs, () => {
      timers.delete(timer);
      run();
    });
    timers.add(timer);
  }
}
