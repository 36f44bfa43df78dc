// Keeps copies from a candidate that fails all of them: they prove nothing more, and each takes time of processors that users need.
import type { ArmLegClass } from "../arms/arms.ts";

export interface FailingGuard {
  /** A copy has ended, or was longer than what is kept of an answer. */
  note(ending: ArmLegClass | "flood"): void;
  /** Nothing is to be copied now. When it is false while the candidate fails, the copy that asked is the next trial. */
  holds(now: number): boolean;
}

/** So many in a row: by chance a candidate that fails one request in two does so once in four thousand million. */
const FAILURES = 32;
const TRIAL_MS = 250;

const FAILED: ReadonlySet<ArmLegClass | "flood"> = new Set([
  "flood",
  "refused",
  "backend-5xx",
  "protocol",
  "timeout",
] as const);

export function failingGuard(): FailingGuard {
  let failures = 0;
  let nextAt = Number.NEGATIVE_INFINITY;
  return {
    note(ending) {
      if (FAILED.has(ending)) failures++;
      else failures = 0;
    },
    holds(now) {
      if (failures < FAILURES) return false;
      if (now < nextAt) return true;
      nextAt = now + TRIAL_MS;
      return false;
    },
  };
}
