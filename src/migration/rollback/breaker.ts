// The hard breaker: an outage needs no statistics.
import { isCounted, isFailure, type LegOutcome } from "./leg-outcome.ts";

export interface BreakerLimits {
  /** Failures in a row … */
  readonly failures: number;
  /** … over at least this long … */
  readonly spanMs: number;
  /** … and over so many workers, or all when there are fewer. */
  readonly workers: number;
  /** Refused connections in a row. */
  readonly refusals: number;
  /** Failed active probes in a row. */
  readonly probes: number;
}

export const BREAKER_LIMITS: BreakerLimits = { failures: 20, spanMs: 15_000, workers: 2, refusals: 3, probes: 2 };

export interface BreakerState {
  readonly failures: number;
  readonly since: number;
  readonly workers: readonly string[];
  readonly refusals: number;
  readonly probes: number;
  /** Legacy requests since the candidate's failures began: an incident of both arms is no reason to move traffic. */
  readonly legacy: { readonly requests: number; readonly failures: number };
}

export const CLOSED_BREAKER: BreakerState = {
  failures: 0,
  since: 0,
  workers: [],
  refusals: 0,
  probes: 0,
  legacy: { requests: 0, failures: 0 },
};

export function breakerAfterLeg(state: BreakerState, outcome: LegOutcome): BreakerState {
  if (!isCounted(outcome)) return state;
  if (outcome.arm === "legacy") return afterLegacy(state, isFailure(outcome));
  if (!isFailure(outcome)) return { ...CLOSED_BREAKER, probes: state.probes };
  const worker = outcome.worker ?? "";
  return {
    failures: state.failures + 1,
    since: state.failures === 0 ? outcome.at : state.since,
    workers: state.workers.includes(worker) ? state.workers : [...state.workers, worker],
    refusals: outcome.class === "refused" ? state.refusals + 1 : 0,
    probes: state.probes,
    legacy: state.failures === 0 ? CLOSED_BREAKER.legacy : state.legacy,
  };
}

function afterLegacy(state: BreakerState, failed: boolean): BreakerState {
  if (state.failures === 0) return state;
  const { requests, failures } = state.legacy;
  return { ...state, legacy: { requests: requests + 1, failures: failures + (failed ? 1 : 0) } };
}

export function breakerAfterProbe(state: BreakerState, healthy: boolean): BreakerState {
  return { ...state, probes: healthy ? 0 : state.probes + 1 };
}

export interface BreakerView {
  readonly now: number;
  /** Workers of the candidate that are known; 1 for a single endpoint. */
  readonly workers: number;
  readonly limits?: BreakerLimits;
}

/** Of the legacy's requests fail as well: then it is no better place. */
const COMMON_SHARE = 0.5;

/** The reason to roll back at once, or undefined. */
export function breakerReason(state: BreakerState, view: BreakerView): string | undefined {
  const limits = view.limits ?? BREAKER_LIMITS;
  if (state.probes >= limits.probes) return `breaker: ${state.probes} active probes in a row failed`;
  if (state.refusals >= limits.refusals) return `breaker: ${state.refusals} connections in a row were refused`;
  const span = view.now - state.since;
  const wide = state.workers.length >= Math.min(limits.workers, Math.max(1, view.workers));
  const common = state.legacy.failures > 0 && state.legacy.failures >= COMMON_SHARE * state.legacy.requests;
  if (state.failures < limits.failures || span < limits.spanMs || !wide || common) return undefined;
  return `breaker: ${state.failures} requests in a row failed over ${Math.round(span / 1000)} s`;
}
