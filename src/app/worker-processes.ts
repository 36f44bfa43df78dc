// All workers that this process started: logs their ends and stops them together.
import type { Clock } from "../core/index.ts";
import { localProcess, type ProcessSpec } from "../fleet/index.ts";
import type { Log } from "../telemetry/index.ts";

export interface WorkerProcesses {
  readonly list: readonly { readonly id: string; readonly pid: number | undefined; readonly restarts: number }[];
  stop(): Promise<void>;
}

const STOP_GRACE_MS = 5000;

export function workerProcesses(
  specs: readonly ProcessSpec[],
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): WorkerProcesses {
  const list = specs.map((spec) =>
    localProcess({
      spec,
      clock,
      onExit: ({ id, how, retryMs }) =>
        log.error({ worker: id, how, retryMs, logFile: spec.logFile }, "worker process ended; it is started again"),
    }),
  );
  return {
    list,
    stop: async () => {
      await Promise.all(list.map((one) => one.stop(STOP_GRACE_MS)));
    },
  };
}
