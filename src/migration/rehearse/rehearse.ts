// A plan on a virtual clock: the shipped state machine and detectors against two arms that behave as told.
import { seededRandom } from "../../core/index.ts";
import type { PlanEffect } from "../plan/effect.ts";
import type { PlanEvent } from "../plan/event.ts";
import type { MigrationPlan } from "../plan/plan.ts";
import { reduce } from "../plan/reduce.ts";
import { initialState, isLive, type PlanState } from "../plan/state.ts";
import type { HistoryEntry, SeriesPoint } from "../status.ts";
import { judgeStep } from "../verdict/judge-step.ts";
import type { ArmBehaviour } from "./arm-behaviour.ts";
import { evidenceDraw } from "./draw-evidence.ts";

export interface RehearsalOptions {
  readonly plan: MigrationPlan;
  readonly requestsPerSecond: number;
  readonly legacy: ArmBehaviour;
  /** Of the candidate below `changesAt`. */
  readonly candidate: ArmBehaviour;
  /** From this weight on the candidate behaves as `changed`. */
  readonly changesAt?: number;
  readonly changed?: ArmBehaviour;
  readonly seed: string;
  /** Epoch ms of the start. */
  readonly startAt: number;
}

export interface Rehearsal {
  readonly state: PlanState;
  readonly at: number;
  readonly history: readonly HistoryEntry[];
  readonly series: readonly SeriesPoint[];
  /** What the plan's log would say. */
  readonly story: readonly { readonly at: number; readonly text: string }[];
  /** Requests that the candidate would have served, and those that fail of them. */
  readonly candidateRequests: number;
  readonly candidateErrors: number;
}

/** A plan that takes longer than so many times its soaks is held for good. */
const PATIENCE = 3;
const SERIES_POINTS = 400;

export function rehearse(options: RehearsalOptions): Rehearsal {
  const { plan, startAt } = options;
  const draw = evidenceDraw(plan, options.requestsPerSecond, seededRandom(options.seed));
  const soakMs = plan.steps.reduce((sum, step) => sum + step.soakMs, plan.finalHoldMs);
  const intervals = Math.ceil((PATIENCE * soakMs) / plan.checkIntervalMs) + 100;
  const every = Math.max(1, Math.ceil(soakMs / plan.checkIntervalMs / SERIES_POINTS));
  const run = planRun(initialState(plan, startAt), startAt);
  const series: SeriesPoint[] = [];
  let [requests, errors] = [0, 0];

  run.send({ type: "command", actor: "rehearsal", command: { name: "start" } });
  for (let i = 0; i < intervals && !isOver(run.state()); i++) {
    run.advance(plan.checkIntervalMs);
    const { weight, ...state } = run.state();
    if (isLive(run.state())) {
      const candidate =
        weight.set >= (options.changesAt ?? 2) ? (options.changed ?? options.candidate) : options.candidate;
      const evidence = draw({ weight: weight.set, legacy: options.legacy, candidate });
      requests += evidence.interval?.candidate.requests ?? 0;
      errors += evidence.interval?.candidate.errors ?? 0;
      run.send({ type: "evidence", evidence });
      if (i % every === 0) series.push(pointOf(run.now(), weight.set, { legacy: options.legacy, candidate }));
    }
    run.send({ type: "tick" });
    if (waitsForPerson(run.state(), state.step))
      run.send({ type: "command", actor: "rehearsal", command: { name: "promote" } });
  }
  const { history, story } = run;
  return {
    state: run.state(),
    at: run.now(),
    history,
    series,
    story,
    candidateRequests: requests,
    candidateErrors: errors,
  };
}

interface PlanRun {
  state(): PlanState;
  now(): number;
  advance(ms: number): void;
  send(event: PlanEvent): void;
  readonly history: HistoryEntry[];
  readonly story: { at: number; text: string }[];
}

function planRun(first: PlanState, startAt: number): PlanRun {
  const history: HistoryEntry[] = [];
  const story: { at: number; text: string }[] = [];
  let [state, now] = [first, startAt];

  function send(event: PlanEvent): void {
    const before = state;
    const outcome = reduce(state, event, now);
    state = outcome.state;
    const texts = outcome.effects.flatMap((one) => (one.type === "log" ? [one.text] : []));
    story.push(...texts.map((text) => ({ at: now, text })));
    if (before.phase !== state.phase || before.weight.set !== state.weight.set) {
      const { phase, step, weight } = state;
      history.push({ at: now, phase, step, weight: weight.set, text: texts.at(-1) ?? phase });
    }
    for (const effect of outcome.effects) {
      const answer = answerTo(effect, state.plan);
      if (answer !== undefined) send(answer);
    }
  }
  return { state: () => state, now: () => now, advance: (ms) => void (now += ms), send, history, story };
}

/** Preflight and verdict are taken as good: a rehearsal is about the steps. */
function answerTo(effect: PlanEffect, plan: MigrationPlan): PlanEvent | undefined {
  switch (effect.type) {
    case "setWeight":
      return { type: "weightApplied", seq: effect.seq };
    case "runPreflight":
      return { type: "preflight", failures: [] };
    case "startShadow":
      return { type: "verdict", verdict: { verdict: "PROCEED", reasons: ["assumed by the rehearsal"] } };
    case "judgeStep": {
      const { legacy, candidate, alpha, seq, look } = effect;
      const { gateMargin: margin, rollback } = plan;
      const report = judgeStep({ legacy, candidate, alpha, margin, tolerated: rollback.tolerated });
      return { type: "gate", seq, look, report };
    }
    default:
      return undefined;
  }
}

function isOver({ phase }: PlanState): boolean {
  return phase === "completed" || phase === "rolled-back" || phase === "aborted" || phase === "draft";
}

/** Approvals are given as soon as nothing else is missing. */
function waitsForPerson(state: PlanState, step: number): boolean {
  const { progress, plan } = state;
  if (state.step !== step) return false;
  if (state.phase === "ready") return state.waitsForPromote;
  const now = plan.steps[step];
  if (state.phase !== "canary" || now?.needsApproval !== true) return false;
  return (
    progress.gate?.status === "pass" &&
    progress.soakedMs >= now.soakMs &&
    progress.candidate.requests >= now.minRequests
  );
}

function pointOf(at: number, share: number, arms: { legacy: ArmBehaviour; candidate: ArmBehaviour }): SeriesPoint {
  return { at, share, legacyTtftP99Ms: arms.legacy.ttftP99Ms, candidateTtftP99Ms: arms.candidate.ttftP99Ms };
}
