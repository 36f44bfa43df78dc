// One log line for each change of a worker's state, and one for each difference from its deployment.
import type { Fleet, Worker, WorkerState } from "../fleet/index.ts";
import type { Log } from "../telemetry/index.ts";

export function logWorkers(fleet: Fleet, log: Log): void {
  const states = new Map<string, WorkerState>();
  const reported = new Set<string>();

  function follow(worker: Worker): void {
    const before = states.get(worker.id) ?? "starting";
    if (before !== worker.state) log.info({ worker: worker.id, before, state: worker.state }, "worker state");
    states.set(worker.id, worker.state);
    for (const one of fleet.mismatches(worker.id)) {
      const line = `${worker.id} ${one.field} ${one.found}`;
      if (reported.has(line)) continue;
      reported.add(line);
      log.warn({ worker: worker.id, ...one }, "worker differs from its deployment");
    }
  }

  fleet.onChange(follow);
}
