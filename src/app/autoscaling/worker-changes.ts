// Starts workers of a pool and takes them out again: processes, roster, fleet and index together.
import { type Clock, toError } from "../../core/index.ts";
import type { Fleet, Worker, WorkerSpec } from "../../fleet/index.ts";
import type { Log, Metrics } from "../../telemetry/index.ts";
import { planMore, workerId } from "../plan-workers.ts";
import type { LaunchSite } from "../launch/launch-site.ts";
import { sleepers } from "../launch/sleepers.ts";
import type { Roster } from "../roster.ts";
import type { WorkerProcesses } from "../worker-processes.ts";
import type { PoolParts } from "./sample-pool.ts";
import { poolName } from "./saved-counts.ts";

export interface WorkerChanges {
  /** As many as there is a place for. */
  start(pool: PoolParts, count: number): Promise<StartedWorkers>;
  /** It gets nothing new, ends what runs, and is stopped, or sleeps, when it is empty. */
  leave(pool: PoolParts, id: string): void;
  /** It is dead: its process is ended at once. */
  giveUp(id: string): void;
  close(): void;
}

export interface StartedWorkers {
  readonly ids: readonly string[];
  /** Why there are no more of them. */
  readonly lack: string | undefined;
}

export interface WorkerChangeParts {
  readonly fleet: Fleet;
  readonly roster: Roster;
  readonly processes: WorkerProcesses;
  readonly state: LaunchSite;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

interface Leaver {
  readonly spec: WorkerSpec;
  readonly maySleep: boolean;
}

export function workerChanges(parts: WorkerChangeParts): WorkerChanges {
  const { fleet, roster, processes, state, clock, log, metrics } = parts;
  const leaving = new Map<string, Leaver>();
  const resting = sleepers({ processes, log });
  // One plan at a time: ports found free by two would be the same.
  let tail: Promise<unknown> = Promise.resolve();
  let closed = false;

  async function begin(pool: PoolParts, count: number): Promise<StartedWorkers> {
    const ids: string[] = [];
    try {
      while (ids.length < count && !closed) ids.push(...(await beginOne(pool)));
      return { ids, lack: undefined };
    } catch (error) {
      return { ids, lack: toError(error).message };
    }
  }

  async function beginOne(pool: PoolParts): Promise<readonly string[]> {
    const woken = await resting.wake((one) => one.deployment === pool.deployment.name && one.role === pool.pool.role);
    if (woken !== undefined) {
      roster.add([woken]);
      return [woken.id];
    }
    const plan = await planMore({ ...pool, numbers: [freeNumber(pool)] }, state);
    if (closed) return [];
    for (const one of plan.processes) processes.add(one);
    roster.add(plan.workers);
    return plan.workers.map(({ id }) => id);
  }

  /** Those of workers that still leave are taken. */
  function freeNumber(pool: PoolParts): number {
    const taken = new Set([...fleet.workers(), ...roster.specs, ...processes.list].map(({ id }) => id));
    let n = 0;
    while (taken.has(workerId(pool, n))) n++;
    return n;
  }

  function gone(worker: Worker): void {
    const leaver = leaving.get(worker.id);
    if (closed || leaver === undefined || fleet.workers().includes(worker)) return;
    leaving.delete(worker.id);
    void rest(leaver).then((sleeps) => {
      log.info({ worker: worker.id }, sleeps ? "worker is empty and sleeps" : "worker is empty and is stopped");
      if (!sleeps) end(worker.id);
    });
  }

  function rest({ spec, maySleep }: Leaver): Promise<boolean> {
    return maySleep ? resting.lay(spec) : Promise.resolve(false);
  }

  function end(id: string): void {
    void processes.remove(id).catch((error: unknown) => {
      log.error({ worker: id, error: toError(error).message }, "worker could not be stopped");
    });
  }

  fleet.onChange(gone);
  return {
    start(pool, count) {
      const done = tail.then(() => begin(pool, count));
      tail = done;
      return done;
    },
    leave({ deployment, pool }, id) {
      const worker = fleet.workers().find((one) => one.id === id);
      const spec = roster.specs.find((one) => one.id === id);
      if (worker === undefined || spec === undefined) return;
      leaving.set(id, { spec, maySleep: deployment.launcher.sleep });
      clock.after(deployment.gateway.drain.workerTimeoutMs, () => {
        const { prefillRequests, decodeRequests } = worker.ledger.load;
        metrics.scalingMoved(poolName(deployment, pool)).inc(prefillRequests + decodeRequests);
      });
      roster.remove(id);
    },
    giveUp(id) {
      roster.remove(id);
      end(id);
    },
    close: () => void (closed = true),
  };
}
