// The watch of a gateway over its own legs, by the plan's rules, while nobody hears of them.
import type { Clock } from "../../../core/index.ts";
import { type Evidence, type PlanState, reduce } from "../../../migration/index.ts";

export interface OwnWatch {
  /** Call it whenever what is told here reaches the leader. */
  heard(): void;
  /** The leader has spoken: what was counted here is counted there. */
  forget(): void;
  /** Why this gateway must go back alone; undefined while it need not, or is heard. */
  reason(known: PlanState, evidence: Evidence): string | undefined;
}

/** Reports that nobody took for so long are not waited for. */
const UNHEARD_MS = 3000;

export function ownWatch(clock: Clock): OwnWatch {
  let heardAt = clock.now();
  let state: PlanState | undefined;
  return {
    heard() {
      heardAt = clock.now();
    },
    forget() {
      state = undefined;
    },
    reason(known, evidence) {
      if (clock.now() - heardAt <= UNHEARD_MS || known.ended !== undefined) {
        state = undefined;
        return undefined;
      }
      state = reduce(state ?? known, { type: "evidence", evidence }, clock.epoch()).state;
      return state.ended?.reasons.join("; ");
    },
  };
}
