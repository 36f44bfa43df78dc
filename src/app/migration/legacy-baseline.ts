// The legacy arm's TTFT as seen before the first step: the baseline of a plan that names none.
import { measuredBaseline } from "../../migration/index.ts";
import type { ArmLeg } from "../../gateway/index.ts";

export interface LegacyBaseline {
  note(leg: ArmLeg): void;
  /** Undefined while too little was seen. */
  ms(): number | undefined;
}

/** The last so many: yesterday's rush is no baseline of today. */
const KEPT = 5000;

export function legacyBaseline(): LegacyBaseline {
  const last: number[] = [];
  let next = 0;
  return {
    note({ arm, ttftMs }) {
      if (arm !== "legacy" || ttftMs === undefined) return;
      last[next] = ttftMs;
      next = (next + 1) % KEPT;
    },
    ms: () => measuredBaseline(last),
  };
}
