// Where a migration stands: everything that must survive a restart, as plain data.
import { type ArmCounts, NO_COUNTS } from "../rollback/evidence.ts";
import { freshWatch, type WatchState } from "../rollback/watch.ts";
import type { MigrationPlan } from "./plan.ts";

export type Phase =
  | "draft"
  | "preflight"
  | "shadowing"
  /** Everything before traffic is done; waits for a promote, or goes on by itself. */
  | "ready"
  | "canary"
  /** 100 %, with the legacy arm kept able to take everything back. */
  | "holding"
  | "completed"
  | "rolled-back"
  | "aborted";

export interface GateReport {
  readonly status: "pass" | "fail" | "undecided";
  readonly reasons: readonly string[];
}

export interface ShadowVerdict {
  readonly verdict: "PROCEED" | "INVESTIGATE" | "INSUFFICIENT_DATA" | "REJECT";
  readonly reasons: readonly string[];
}

export interface StepProgress {
  /** Time at this weight with evidence and without a pause. */
  readonly soakedMs: number;
  readonly legacy: ArmCounts;
  readonly candidate: ArmCounts;
  /** Looks of the gate so far; a look is answered when `gate` has its number. */
  readonly looks: number;
  readonly gate?: GateReport & { readonly look: number };
  /** Candidate requests at the last look: an undecided gate looks again after half as many more. */
  readonly requestsAtLook: number;
}

export interface PlanState {
  readonly plan: MigrationPlan;
  /** Rises with every accepted command and every change of phase, step or weight. */
  readonly version: number;
  readonly phase: Phase;
  /** Index of the step; −1 before the first. */
  readonly step: number;
  /** Written ahead, then applied, then confirmed under the same number. */
  readonly weight: { readonly set: number; readonly seq: number; readonly confirmed: boolean };
  readonly progress: StepProgress;
  readonly watch: WatchState;
  readonly paused?: { readonly since: number; readonly by: string; readonly reason: string };
  /** After a re-arm, or by the plan: the first step waits for a person. */
  readonly waitsForPromote: boolean;
  readonly preflight?: { readonly failures: readonly string[]; readonly overridden: readonly string[] };
  readonly verdict?: ShadowVerdict;
  readonly ended?: { readonly reasons: readonly string[]; readonly by: string; readonly at: number };
  /** The legacy arm could take all traffic at once; unknown counts as no once it was ever reported. */
  readonly legacyCanTakeAll: boolean;
  readonly shareMismatch: boolean;
  readonly lastTickAt: number;
  /** The last check interval in which the candidate answered requests. */
  readonly lastCandidateAt: number;
  /** Kinds of holds that were already told. */
  readonly told: readonly string[];
}

export const FRESH_PROGRESS: StepProgress = {
  soakedMs: 0,
  legacy: NO_COUNTS,
  candidate: NO_COUNTS,
  looks: 0,
  requestsAtLook: 0,
};

export function initialState(plan: MigrationPlan, now: number): PlanState {
  return {
    plan,
    version: 1,
    phase: "draft",
    step: -1,
    weight: { set: 0, seq: 0, confirmed: true },
    progress: FRESH_PROGRESS,
    watch: freshWatch(plan.rollback),
    waitsForPromote: false,
    legacyCanTakeAll: true,
    shareMismatch: false,
    lastTickAt: now,
    lastCandidateAt: now,
    told: [],
  };
}

/** Traffic reaches the candidate, so the watch is on; a pause does not switch it off. */
export function isLive(state: PlanState): boolean {
  return state.phase === "canary" || state.phase === "holding";
}
