// The workers of a migration plan's endpoint that may get a new request.
import type { Fleet } from "./fleet.ts";
import type { Worker } from "./worker.ts";

/** Ready ones; with none, the suspect ones: a doubtful worker beats a refusal. */
export function armWorkers(fleet: Fleet, arm: string): readonly Worker[] {
  const all = fleet.workers().filter((one) => one.arm === arm);
  const ready = all.filter(({ state }) => state === "ready");
  return ready.length > 0 ? ready : all.filter(({ state }) => state === "suspect");
}
