// Gives the GPUs of a worker to another one and back: drained, then asleep or stopped; woken or started, then in service.
import type { Deployment } from "../../config/index.ts";
import { type Clock, toError } from "../../core/index.ts";
import { type Fleet, putToSleep, wakeUp, type Worker } from "../../fleet/index.ts";
import type { Log } from "../../telemetry/index.ts";
import type { WorkerProcesses } from "../worker-processes.ts";

export type Suspension = "leaving" | "asleep" | "stopped" | "coming back";

export interface Suspensions {
  stateOf(id: string): Suspension | undefined;
  /** Begins; false when the worker was not started here, or is on its way already. */
  suspend(id: string): boolean;
  /** Begins; also starts a worker in a crash loop. False as above, or when nothing is down. Throws when its GPUs are taken. */
  resume(id: string): boolean;
  close(): void;
}

interface SuspensionParts {
  readonly fleet: Fleet;
  readonly processes: WorkerProcesses;
  readonly deployments: readonly Deployment[];
  readonly clock: Clock;
  readonly log: Log;
}

const LOOK_MS = 250;
/** What was told to go on elsewhere has that long to do so. */
const MOVE_MS = 10_000;

export function suspensions({ fleet, processes, deployments, clock, log }: SuspensionParts): Suspensions {
  const states = new Map<string, Suspension>();
  let closed = false;

  const workerOf = (id: string): Worker | undefined => fleet.workers().find((one) => one.id === id);
  const maySleep = ({ deployment }: Worker): boolean =>
    deployments.find(({ name }) => name === deployment)?.launcher.sleep === true;

  /** A deadline that has passed ends the wait: what could not go on elsewhere is cut. */
  function whenEmpty(worker: Worker): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        const { prefillRequests, decodeRequests } = worker.ledger.load;
        const late = worker.leaveAt !== undefined && clock.now() > worker.leaveAt + MOVE_MS;
        if (prefillRequests + decodeRequests === 0 || late || closed) resolve();
        else clock.after(LOOK_MS, look);
      };
      look();
    });
  }

  async function leave(worker: Worker): Promise<Suspension> {
    await whenEmpty(worker);
    const one = processes.find(worker.id);
    if (maySleep(worker) && one?.pid !== undefined) {
      try {
        await putToSleep(worker.origin);
        one.park();
        return "asleep";
      } catch (error) {
        log.warn({ worker: worker.id, error: toError(error).message }, "worker does not sleep; it is stopped instead");
      }
    }
    await one?.stop();
    return "stopped";
  }

  async function comeBack(worker: Worker): Promise<void> {
    try {
      await wakeUp(worker.origin);
    } catch (error) {
      log.error({ worker: worker.id, error: toError(error).message }, "worker does not wake; it is started anew");
      await processes.find(worker.id)?.stop();
      processes.find(worker.id)?.startAgain();
    }
  }

  function suspend(id: string): boolean {
    const worker = workerOf(id);
    if (worker === undefined || processes.find(id) === undefined || states.has(id)) return false;
    states.set(id, "leaving");
    fleet.drain(id);
    void leave(worker).then((state) => {
      states.set(id, state);
      log.info({ worker: id, state }, "worker is suspended");
    });
    return true;
  }

  function resume(id: string): boolean {
    const [worker, one, state] = [workerOf(id), processes.find(id), states.get(id)];
    if (worker === undefined || one === undefined || state === "leaving" || state === "coming back") return false;
    if (state !== "asleep") {
      if (one.phase !== "stopped" && one.phase !== "crash loop") return false;
      one.startAgain();
      back(id);
      return true;
    }
    one.unpark();
    states.set(id, "coming back");
    void comeBack(worker)
      .catch((error: unknown) => log.error({ worker: id, error: toError(error).message }, "worker cannot be started"))
      .then(() => back(id));
    return true;
  }

  function back(id: string): void {
    states.delete(id);
    fleet.undrain(id);
    log.info({ worker: id }, "worker is taken up again");
  }

  return { stateOf: (id) => states.get(id), suspend, resume, close: () => void (closed = true) };
}
