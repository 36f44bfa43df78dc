// What the admin API answers about worker processes.
import { SwitchgearError } from "../../core/index.ts";
import { AdminProblem } from "../admin/admin-problem.ts";
import type { LAUNCHER_ROUTES } from "../admin/launcher-routes.ts";
import type { WorkerProcesses } from "../worker-processes.ts";
import type { Suspensions } from "./suspensions.ts";

export type LauncherHandlers = Readonly<Record<keyof typeof LAUNCHER_ROUTES, (id: string) => unknown>>;

interface LauncherParts {
  readonly processes: WorkerProcesses;
  readonly suspensions: Suspensions;
  /** Throws for a worker that nobody knows. */
  readonly view: (id: string) => unknown;
}

export function launcherHandlers({ processes, suspensions, view }: LauncherParts): LauncherHandlers {
  function change(id: string, how: "suspend" | "resume"): unknown {
    view(id);
    const process = processes.find(id);
    if (process === undefined) throw new AdminProblem(409, `worker ${id} was not started here`);
    if (!placed(() => suspensions[how](id)))
      throw new AdminProblem(409, `worker ${id} is ${suspensions.stateOf(id) ?? process.phase}: not now`);
    return view(id);
  }
  return { suspendWorker: (id) => change(id, "suspend"), resumeWorker: (id) => change(id, "resume") };
}

function placed(change: () => boolean): boolean {
  try {
    return change();
  } catch (error) {
    if (error instanceof SwitchgearError && error.code === "SWG_GPUS_SHORT") throw new AdminProblem(409, error.message);
    throw error;
  }
}

/** Undefined for a worker that was not started here. */
export function processView(id: string, processes: WorkerProcesses, suspensions: Suspensions): unknown {
  const one = processes.find(id);
  if (one === undefined) return undefined;
  const { phase, pid, restarts, logFile, gpus, lastEnd } = one;
  return {
    phase,
    suspension: suspensions.stateOf(id) ?? null,
    pid: pid ?? null,
    restarts,
    gpus,
    logFile,
    lastEnd: lastEnd && {
      at: new Date(lastEnd.epoch).toISOString(),
      how: lastEnd.how,
      cause: lastEnd.lastWords.cause ?? null,
      lastLines: lastEnd.lastWords.lines,
    },
  };
}
