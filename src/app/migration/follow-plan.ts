// A plan as another process of this machine drives it: its log is read again whenever it has changed.
import { statSync } from "node:fs";
import type { Clock, Timer } from "../../core/index.ts";
import { type PlanState, readPlan } from "../../migration/index.ts";
import type { PlanArms } from "./plan-arms.ts";

export interface FollowOptions {
  readonly logFile: string;
  readonly clock: Clock;
  readonly arms: Pick<PlanArms, "weight" | "released">;
  /** It went back to the legacy arm. */
  readonly onEnded: () => void;
}

export interface FollowedPlan {
  /** Undefined before the plan begins. */
  state(): PlanState | undefined;
  close(): void;
}

const LOOK_MS = 100;

/** The arms' weight is the one that the log says. Throws when the log is damaged to begin with. */
export function followPlan({ logFile, clock, arms, onEnded }: FollowOptions): FollowedPlan {
  let seen = "";
  let state: PlanState | undefined;
  let timer: Timer | undefined;

  function look(): void {
    const now = markOf(logFile);
    if (now === seen) return;
    const before = state;
    state = readPlan(logFile);
    seen = now;
    arms.weight = state?.weight.set ?? 0;
    arms.released = state?.phase === "completed";
    if (before !== undefined && before.ended === undefined && state?.ended !== undefined) onEnded();
  }

  function lookAgain(): void {
    try {
      look();
    } catch {
      // What was known stays in force; the one who writes the log tells of its faults.
    }
    timer = clock.after(LOOK_MS, lookAgain);
  }

  look();
  timer = clock.after(LOOK_MS, lookAgain);
  return { state: () => state, close: () => timer?.cancel() };
}

/** A log that starts over from a snapshot is another file. */
function markOf(file: string): string {
  const { ino, size, mtimeMs } = statSync(file, { throwIfNoEntry: false }) ?? {};
  return `${ino} ${size} ${mtimeMs}`;
}
