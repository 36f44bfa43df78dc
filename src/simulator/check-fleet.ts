// Refuses a fleet that cannot be, before anything runs, with the arithmetic.
import { SwitchgearError } from "../core/index.ts";
import type { EngineProfile } from "../model/index.ts";

export interface FleetLimits {
  /** GPUs that there are; undefined = as many as it takes. */
  readonly gpus?: number | undefined;
}

/** Throws SWG_USAGE. */
export function checkFleet(profiles: readonly EngineProfile[], { gpus }: FleetLimits = {}): void {
  if (profiles.length === 0) throw impossible("workers", "0 workers", "1 worker or more");
  if (gpus === undefined) return;
  for (const { name, tensorParallel } of profiles)
    if (tensorParallel > gpus)
      throw impossible("gpus", `${name}: TP ${tensorParallel} > ${gpus} GPUs`, `${tensorParallel} GPUs or more`);
  const needed = profiles.reduce((sum, { gpusPerReplica }) => sum + gpusPerReplica, 0);
  if (needed > gpus)
    throw impossible("gpus", `${sumText(profiles)} = ${needed} GPUs > ${gpus}`, `at most ${gpus} GPUs`);
}

/** `2 × TP 4 + 1 × TP 8` */
function sumText(profiles: readonly EngineProfile[]): string {
  const counts = new Map<number, number>();
  for (const { gpusPerReplica } of profiles) counts.set(gpusPerReplica, (counts.get(gpusPerReplica) ?? 0) + 1);
  return [...counts].map(([size, count]) => `${count} × TP ${size}`).join(" + ");
}

function impossible(where: string, value: string, expected: string): SwitchgearError {
  return new SwitchgearError("SWG_USAGE", "The simulated fleet is impossible.", { where, value, expected });
}
