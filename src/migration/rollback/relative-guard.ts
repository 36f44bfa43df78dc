// The two-arm guard: of what goes wrong, does more fall to the candidate than its share of requests?
import {
  addFactors,
  alarmThreshold,
  type DetectorSums,
  detectorValue,
  type FalseAlarmBudget,
  freshSums,
  SHARE_BETS,
  shareFactors,
} from "../../stats/index.ts";
import { BUDGET_PARTS, type RollbackDesign } from "./design.ts";
import { type ArmCounts, type Interval, RELATIVE_KINDS, type RelativeKind } from "./evidence.ts";

export interface RelativeState {
  readonly sums: DetectorSums;
  readonly intervals: number;
  /** Fading counts of about the last 25 minutes: what ratio and number of events are read from. */
  readonly recent: { readonly legacy: Faded; readonly candidate: Faded };
}

interface Faded {
  readonly requests: number;
  readonly events: number;
}

export interface RelativeMeter {
  readonly kind: RelativeKind;
  readonly value: number;
  readonly threshold: number;
  readonly way: number;
  readonly candidateRate: number;
  readonly legacyRate: number;
  readonly events: number;
  readonly fired: boolean;
}

const FADE = 0.98;
const NOTHING: Faded = { requests: 0, events: 0 };

export function freshRelative(): RelativeState {
  return { sums: freshSums(SHARE_BETS), intervals: 0, recent: { legacy: NOTHING, candidate: NOTHING } };
}

export function rearmedRelative(state: RelativeState): RelativeState {
  return { ...freshRelative(), intervals: state.intervals };
}

/** The share of requests is the interval's own, so a changed weight needs no care. Intervals without an event say nothing. */
export function afterInterval(state: RelativeState, kind: RelativeKind, interval: Interval): RelativeState {
  const [legacy, candidate] = [reading(interval.legacy, kind), reading(interval.candidate, kind)];
  const recent = { legacy: faded(state.recent.legacy, legacy), candidate: faded(state.recent.candidate, candidate) };
  const events = legacy.events + candidate.events;
  const share = candidate.requests / (legacy.requests + candidate.requests);
  if (events === 0 || !(share > 0 && share < 1)) return { ...state, recent };
  const factors = shareFactors(SHARE_BETS, candidate.events / events, share);
  return { sums: addFactors(state.sums, factors), intervals: state.intervals + 1, recent };
}

/** Fires on harm that is shown, at least `minRatio` times the legacy's, over `minEvents`, and beyond what is tolerated. */
export function relativeMeter(design: RollbackDesign, kind: RelativeKind, state: RelativeState): RelativeMeter {
  const value = detectorValue(state.sums);
  const threshold = alarmThreshold(budgetOf(design), state.intervals);
  const { legacy, candidate } = state.recent;
  const [candidateRate, legacyRate] = [rate(candidate), rate(legacy)];
  const floor = kind === "rejected" ? design.tolerated.error : design.tolerated[kind];
  const { minRatio, minEvents } = design.relative;
  return {
    kind,
    value,
    threshold,
    way: Math.min(1, Math.max(0, Math.log(value) / Math.log(threshold))),
    candidateRate,
    legacyRate,
    events: candidate.events,
    fired:
      value >= threshold &&
      candidate.events >= minEvents &&
      candidateRate >= minRatio * legacyRate &&
      candidateRate > floor,
  };
}

export function relativeText(meter: RelativeMeter): string {
  const name = { error: "Errors", ttft: "Slow first tokens", rejected: "Rejected requests (4xx)" }[meter.kind];
  return `${name} ${percent(meter.candidateRate)} on the candidate, ${percent(meter.legacyRate)} on the legacy`;
}

function percent(value: number): string {
  return `${(value * 100).toFixed(2)}%`;
}

function budgetOf(design: RollbackDesign): FalseAlarmBudget {
  return { alpha: design.falseAlarmBudget / BUDGET_PARTS / RELATIVE_KINDS.length, horizon: design.horizonIntervals };
}

function reading(counts: ArmCounts, kind: RelativeKind): Faded {
  if (kind === "ttft") return { requests: counts.ttfts, events: counts.slow };
  if (kind === "error") return { requests: counts.requests, events: counts.errors };
  return { requests: counts.requests + counts.rejected, events: counts.rejected };
}

function faded(before: Faded, now: Faded): Faded {
  return { requests: before.requests * FADE + now.requests, events: before.events * FADE + now.events };
}

function rate({ requests, events }: Faded): number {
  return requests === 0 ? 0 : events / requests;
}
