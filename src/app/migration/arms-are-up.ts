// Waits until both arms have workers: after a restart nobody has asked them yet.
import type { Clock } from "../../core/index.ts";
import type { PlanArms } from "./plan-arms.ts";

const TRIES = 100;
const EVERY_MS = 300;

export interface Waiting {
  readonly clock: Clock;
  readonly gaveUp: () => boolean;
}

/** For half a minute; what is still missing then, the probe says. */
export async function armsAreUp({ legacy, candidate }: PlanArms, { clock, gaveUp }: Waiting): Promise<void> {
  for (let left = TRIES; left > 0 && !gaveUp(); left--) {
    if (legacy.workers().length > 0 && candidate.workers().length > 0) return;
    await new Promise<void>((resolve) => clock.after(EVERY_MS, resolve));
  }
}
