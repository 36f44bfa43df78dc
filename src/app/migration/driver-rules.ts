// Small decisions of the driver, pure.
import type { PlanState } from "../../migration/index.ts";

/** Traffic reaches the candidate. */
export function isLive({ phase }: PlanState): boolean {
  return phase === "canary" || phase === "holding";
}

/** The plan names none, none was measured yet, and no step is watched by it. */
export function wantsBaseline(state: PlanState): boolean {
  return !isLive(state) && state.ended === undefined && state.plan.rollback.ttft.baselineFrom === "seed-default";
}

export interface Blindness {
  /** Epoch ms since when the log could not be written; undefined while it can. */
  readonly blindSince: number | undefined;
  readonly now: number;
}

/** Evidence that cannot be logged is not counted: a watch that sees nothing for the plan's grace is no watch. */
export function rollbackIsBlind(state: PlanState | undefined, { blindSince, now }: Blindness): boolean {
  if (state === undefined || !isLive(state) || blindSince === undefined) return false;
  return now - blindSince > state.plan.noDataGraceMs;
}

/** What is said of a file that was edited since its plan was begun. */
export function editText(parts: readonly string[]): string | undefined {
  const rules = parts.filter((part) => part !== "arms");
  const texts = [
    ...(rules.length < parts.length ? ["requests go to other arms than those that were probed and compared"] : []),
    ...(rules.length > 0 ? [`the plan goes on as it was begun, its file says otherwise (${rules.join(", ")})`] : []),
  ];
  return texts.length === 0 ? undefined : `${texts.join("; ")}: a plan of another name would begin anew`;
}
