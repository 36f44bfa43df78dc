// All workers that this process started: reports their ends, starts and stops single ones, stops them together.
import type { Clock, Random } from "../core/index.ts";
import { type LocalProcess, localProcess, type ProcessSpec } from "../fleet/index.ts";
import type { Log } from "../telemetry/index.ts";

export interface WorkerProcesses {
  readonly list: readonly LocalProcess[];
  /** Undefined for a worker that was not started here. */
  find(id: string): LocalProcess | undefined;
  /** Starts one more. */
  add(spec: ProcessSpec): void;
  /** Ends one for good; resolves when it is gone. Drain it first. */
  remove(id: string): Promise<void>;
  stop(): Promise<void>;
}

interface ProcessesOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly random?: Random;
}

export function workerProcesses(specs: readonly ProcessSpec[], options: ProcessesOptions): WorkerProcesses {
  const { clock, log, random } = options;
  const running = new Map<string, LocalProcess>();

  function add(spec: ProcessSpec): void {
    const one = localProcess({
      spec,
      clock,
      ...(random && { random }),
      onReady: ({ id, afterMs }) => log.info({ worker: id, afterMs: Math.round(afterMs) }, "worker process is ready"),
      onExit: ({ id, how, retryMs, lastWords }) => {
        const facts = { worker: id, how, cause: lastWords.cause, lastLines: lastWords.lines, logFile: spec.logFile };
        if (retryMs !== undefined) log.error({ ...facts, retryMs }, "worker process ended; it is started again");
        else log.error(facts, "crash loop: worker process ended too often; it stays down until it is asked to start");
      },
    });
    running.set(spec.id, one);
  }

  for (const spec of specs) add(spec);
  return {
    get list() {
      return [...running.values()];
    },
    find: (id) => running.get(id),
    add,
    async remove(id) {
      const one = running.get(id);
      await one?.stop();
      // Not before: another one of this name would share its log and the note by which a killed gateway's workers are found.
      if (running.get(id) === one) running.delete(id);
    },
    stop: async () => {
      await Promise.all([...running.values()].map((one) => one.stop()));
    },
  };
}
