// The workers of a migration plan's endpoint that may get a new request.
import type { Fleet } from "./fleet.ts";
import type { Worker } from "./worker.ts";

/** Ready ones; with none, the one whose heir (another key or certificate) is not up yet; then the suspect ones: a doubtful worker beats a refusal. */
export function armWorkers(fleet: Fleet, arm: string): readonly Worker[] {
  const all = fleet.workers().filter((one) => one.arm === arm);
  const ready = all.filter(({ state }) => state === "ready");
  if (ready.length > 0) return ready;
  const hasHeir = all.some(({ state }) => state === "starting");
  const replaced = hasHeir ? all.filter(({ state }) => state === "draining") : [];
  return replaced.length > 0 ? replaced : all.filter(({ state }) => state === "suspect");
}
