// A plan at a glance: step, weight, who blocks, what comes next, how far the detectors are.
import { type WatchMeters, watchMeters } from "../rollback/watch.ts";
import { type Blocker, blockers } from "./blockers.ts";
import type { PlanStep } from "./plan.ts";
import { isLive, type Phase, type PlanState, type StepProgress } from "./state.ts";

export interface PlanStatus {
  readonly name: string;
  /** What a command may give as the version it saw. */
  readonly version: number;
  readonly phase: Phase;
  readonly step?: PlanStep & { readonly number: number; readonly of: number };
  readonly weight: number;
  readonly weightConfirmed: boolean;
  readonly blockers: readonly Blocker[];
  /** Epoch ms of the next thing that happens by itself, when nothing else holds it up. */
  readonly nextAt?: number;
  readonly progress: StepProgress;
  readonly meters: WatchMeters;
  readonly ttft: PlanState["plan"]["rollback"]["ttft"];
  /** 0 healthy, 1 rolled back or aborted, 3 a person is needed: the exit code of `migrate status`. */
  readonly exitCode: 0 | 1 | 3;
  /** Hard failures of the last probe, and those accepted by name. */
  readonly preflight?: PlanState["preflight"];
  readonly verdict?: PlanState["verdict"];
  readonly ended?: PlanState["ended"];
}

export function planStatus(state: PlanState, now: number): PlanStatus {
  const { plan, phase, step: index, weight } = state;
  const step = plan.steps[index];
  const blocking = blockers(state, now);
  const until = blocking.flatMap((one) => (one.until === undefined ? [] : [one.until]));
  return {
    name: plan.name,
    version: state.version,
    phase,
    ...(step === undefined ? {} : { step: { ...step, number: index + 1, of: plan.steps.length } }),
    weight: weight.set,
    weightConfirmed: weight.confirmed,
    blockers: blocking,
    ...(until.length === 0 || !isLive(state) ? {} : { nextAt: Math.max(...until) }),
    progress: state.progress,
    meters: watchMeters(plan.rollback, state.watch),
    ttft: plan.rollback.ttft,
    exitCode: exitCode(state, blocking),
    ...(state.preflight === undefined ? {} : { preflight: state.preflight }),
    ...(state.verdict === undefined ? {} : { verdict: state.verdict }),
    ...(state.ended === undefined ? {} : { ended: state.ended }),
  };
}

function exitCode({ phase, waitsForPromote }: PlanState, blocking: readonly Blocker[]): PlanStatus["exitCode"] {
  if (phase === "rolled-back" || phase === "aborted") return 1;
  const needsPerson = blocking.some(({ kind, hold }) => hold || kind === "approval" || kind === "paused");
  return needsPerson || (phase === "ready" && waitsForPromote) ? 3 : 0;
}
