// Which workers hold an adapter, who lacks it, and when more of them should hold it. Pure.
import type { Fleet, Role, Worker } from "../../fleet/index.ts";

export function holds({ facts }: Worker, adapter: string): boolean {
  return facts.adapters?.includes(adapter) === true;
}

/** Of `workers` those that can serve a request for the adapter; all for the model itself (undefined). */
export function holdersOf(adapter: string | undefined, workers: readonly Worker[]): readonly Worker[] {
  if (adapter === undefined) return workers;
  return lackingRoles(adapter, workers).length === 0 ? workers.filter((worker) => holds(worker, adapter)) : [];
}

const NONE: ReadonlySet<string> = new Set();

/**
 * Of a model, for its adapters: also those that are new and get few of its requests, since who holds one cannot be chosen.
 * `without`: ids of those that are not to be used.
 */
export function workersFor(
  fleet: Pick<Fleet, "workers" | "eligible">,
  model: string,
  without: ReadonlySet<string> = NONE,
): readonly Worker[] {
  const eligible = fleet.eligible(model, "any");
  const isOther = (one: Worker) => one.model === model && one.arm === undefined && !eligible.includes(one);
  const all = [...eligible, ...fleet.workers().filter((one) => one.state === "ready" && isOther(one))];
  return without.size === 0 ? all : all.filter(({ id }) => !without.has(id));
}

/** Roles in which somebody has to hold it before a request can be served: a split request needs it on both sides. */
export function lackingRoles(adapter: string, workers: readonly Worker[]): readonly Role[] {
  const holders = workers.filter((worker) => holds(worker, adapter));
  if (holders.some(({ role }) => role === "both")) return [];
  const present = [...new Set(workers.map(({ role }) => role))];
  const parts = present.filter((role) => role !== "both");
  const needed = parts.length === 2 ? parts : present;
  return needed.filter((role) => !holders.some((one) => one.role === role));
}

/** A holder that has less to do is no reason: loading takes a worker's time, and an adapter its memory. */
const MANY_REQUESTS = 8;

/**
 * Workers to one of which the adapter should go as well: its least busy holder has many requests, and more than twice as
 * many as somebody of its role who lacks it. Empty = it is well where it is.
 */
export function spreadTo(adapter: string, workers: readonly Worker[]): readonly Worker[] {
  const holders = workers.filter((worker) => holds(worker, adapter));
  const roles = new Set(holders.map(({ role }) => role));
  for (const role of roles) {
    const least = Math.min(...holders.filter((one) => one.role === role).map(requestsOf));
    const others = workers.filter((one) => one.role === role && !holds(one, adapter));
    const idle = others.filter((one) => least >= MANY_REQUESTS && least > 2 * requestsOf(one));
    if (idle.length > 0) return idle;
  }
  return [];
}

export function requestsOf({ ledger: { total } }: Worker): number {
  return total.prefillRequests + total.decodeRequests;
}
