// One start of a worker process: from its launch over the first answer of its API to its end, whichever way that comes.
import type { ChildProcess } from "node:child_process";
import { type Clock, toError } from "../../core/index.ts";
import { forgetProcess, noteProcess } from "../leftover-processes.ts";
import type { LaunchLimits } from "./launch-limits.ts";
import type { ProcessSpec } from "./process-spec.ts";
import { killGroup, spawnWorker } from "./spawn-worker.ts";
import { watchApi } from "./watch-api.ts";

export interface ProcessLife {
  readonly child: ChildProcess | undefined;
  /** It is over: what is left of it is killed. */
  end(how: string): void;
}

interface LifeOptions {
  readonly spec: ProcessSpec;
  readonly limits: LaunchLimits;
  readonly clock: Clock;
  readonly onReady: (afterMs: number) => void;
  /** `readyMs`: how long its API had answered; undefined = never. */
  readonly onEnd: (how: string, readyMs: number | undefined) => void;
}

export function processLife({ spec, limits, clock, onReady, onEnd }: LifeOptions): ProcessLife {
  let readyAt = spec.origin === undefined ? clock.now() : undefined;
  let over = false;
  let cause: string | undefined;
  let child: ChildProcess | undefined;
  const watch = spec.origin === undefined ? undefined : watchApi({ ...limits, clock, origin: spec.origin, ...api() });

  function api(): Pick<Parameters<typeof watchApi>[0], "onReady" | "onLost"> {
    return {
      onReady(afterMs) {
        readyAt = clock.now();
        onReady(afterMs);
      },
      onLost(how) {
        cause = how;
        killGroup(child?.pid);
      },
    };
  }

  function end(how: string): void {
    if (over) return;
    over = true;
    watch?.stop();
    // Nothing of it may hold the GPU's memory when it starts again.
    killGroup(child?.pid);
    if (spec.noteFolder !== undefined) forgetProcess(spec.noteFolder, spec.id);
    onEnd(cause ?? how, readyAt === undefined ? undefined : clock.now() - readyAt);
  }

  try {
    child = spawnWorker({ ...spec, env: { ...spec.env, ...spec.lease?.take() } });
  } catch (thrown) {
    // No memory, no descriptors: it is tried again like a process that ended.
    const { message } = toError(thrown);
    queueMicrotask(() => end(message));
    return { child: undefined, end };
  }
  if (spec.noteFolder !== undefined && child.pid !== undefined) noteProcess(spec.noteFolder, spec.id, child.pid);
  child.on("error", (error) => end(error.message));
  child.on("exit", (code, signal) => end(signal === null ? `exit code ${code}` : `signal ${signal}`));
  return { child, end };
}
