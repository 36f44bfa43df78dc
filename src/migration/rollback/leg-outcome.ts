// What the end of a leg counts as.
import type { ArmLeg, ArmLegClass } from "../../gateway/index.ts";

/** As the gateway tells it. */
export type LegOutcome = ArmLeg;

const FAILURES: ReadonlySet<ArmLegClass> = new Set(["overload-429", "backend-5xx", "timeout", "protocol", "refused"]);

/** A failure of the arm. Legs that a retry on the other arm saved are failures all the same. */
export function isFailure(outcome: LegOutcome): boolean {
  return FAILURES.has(outcome.class);
}

/** Requests that say something about the arm: all but those the client ended or spoilt. */
export function isCounted(outcome: LegOutcome): boolean {
  return outcome.class === "ok" || isFailure(outcome);
}

/** Undefined when nothing is known of the first token: such a request is not counted as fast. */
export function isSlow(outcome: LegOutcome, thresholdMs: number): boolean | undefined {
  if (outcome.ttftMs !== undefined) return outcome.ttftMs > thresholdMs;
  if (outcome.waitedMs !== undefined && outcome.waitedMs > thresholdMs) return true;
  return outcome.class === "timeout" ? true : undefined;
}
