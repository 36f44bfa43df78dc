// Workers that scaling took out and that sleep instead of ending: the next one that is wanted is woken, which takes seconds.
import { toError } from "../../core/index.ts";
import { putToSleep, wakeUp, type WorkerSpec } from "../../fleet/index.ts";
import type { Log } from "../../telemetry/index.ts";
import type { WorkerProcesses } from "../worker-processes.ts";

export interface Sleepers {
  /** Frees the GPUs of an empty worker; false when it does not sleep, and has to be stopped. */
  lay(spec: WorkerSpec): Promise<boolean>;
  /** One of those that `fits`, if its GPUs are free. */
  wake(fits: (spec: WorkerSpec) => boolean): Promise<WorkerSpec | undefined>;
}

export function sleepers({ processes, log }: { readonly processes: WorkerProcesses; readonly log: Log }): Sleepers {
  const asleep = new Map<string, WorkerSpec>();

  async function attempt(id: string, what: () => Promise<void>): Promise<boolean> {
    try {
      await what();
      return true;
    } catch (error) {
      log.warn({ worker: id, error: toError(error).message }, "sleep mode");
      return false;
    }
  }

  async function woken(spec: WorkerSpec): Promise<boolean> {
    const process = processes.find(spec.id);
    if (process?.pid === undefined) {
      asleep.delete(spec.id);
      await processes.remove(spec.id);
      return false;
    }
    // While another worker has its GPUs it sleeps on.
    if (!(await attempt(spec.id, async () => process.unpark()))) return false;
    asleep.delete(spec.id);
    if (await attempt(spec.id, () => wakeUp(spec.origin))) return true;
    await processes.remove(spec.id);
    return false;
  }

  return {
    async lay(spec) {
      const process = processes.find(spec.id);
      if (process?.pid === undefined || !(await attempt(spec.id, () => putToSleep(spec.origin)))) return false;
      process.park();
      asleep.set(spec.id, spec);
      return true;
    },
    async wake(fits) {
      for (const spec of asleep.values()) if (fits(spec) && (await woken(spec))) return spec;
      return undefined;
    },
  };
}
