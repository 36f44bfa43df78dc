// One decision of the autoscaler: from what was seen to how many workers there are to be, and why. Pure.
import { expectedRate, hasJumped, type RateAt, trendWindowMs } from "./arrival-trend.ts";
import { type Correction, forgotten, learnt, leastOf, NO_CORRECTION } from "./capacity-correction.ts";
import { type Alternative, alternativeOf } from "./pool-capacity.ts";
import type { Demand, PoolSample, WorkerSeen } from "./pool-sample.ts";
import { predictLatency } from "./predict-latency.ts";
import type { ScaleMode, ScaleSettings } from "./scale-settings.ts";
import { type Lengths, sampleWeight, smoothed } from "./smoothed-lengths.ts";
import { quietSince, zeroOrFirst } from "./scale-to-zero.ts";
import { stabilisationNow } from "./stabilisation.ts";
import { wantedReplicas } from "./wanted-replicas.ts";

/** What one decision leaves to the next. */
export interface ScaleState {
  readonly rates: readonly RateAt[];
  /** Mean lengths of late; undefined before the first demand. */
  readonly lengths: Lengths | undefined;
  readonly correction: Correction;
  readonly changedAt: number | undefined;
  /** When workers last were starting. */
  readonly startingAt: number | undefined;
  /** Since when fewer workers than there are have been enough. */
  readonly fewerSince: number | undefined;
  /** Since when nobody asks and nothing runs. */
  readonly quietSince?: number | undefined;
  /** When traffic last left its trend upwards. */
  readonly jumpedAt?: number | undefined;
}

export const NEW_SCALE_STATE: ScaleState = {
  rates: [],
  lengths: undefined,
  correction: NO_CORRECTION,
  changedAt: undefined,
  startingAt: undefined,
  fewerSince: undefined,
};

export interface ScaleDecision {
  readonly at: number;
  readonly action: "hold" | "up" | "down";
  /** Workers that serve or start; draining ones count for nothing. */
  readonly current: number;
  readonly target: number;
  /** Workers to drain, then to stop. */
  readonly drain: readonly string[];
  readonly reason: string;
  /** Which rule decided. */
  readonly cause: ScaleCause;
  /** What a person should look at. */
  readonly alarm: string | undefined;
  readonly inputs: ScaleInputs;
  /** One fewer, as many, one more, and the target, by the expected demand. */
  readonly alternatives: readonly Alternative[];
}

/** bounds: fewer than the least or more than the most · zero: the last worker goes, or the first one comes · blind: nothing reliable is known · else the mode. */
export type ScaleCause = "bounds" | "blind" | "zero" | ScaleMode["kind"];

export interface ScaleInputs {
  readonly demand: Demand | undefined;
  readonly expectedRequestsPerSecond: number | undefined;
  readonly correction: Correction;
  readonly waiting: number | undefined;
  /** Ready workers without fresh figures. */
  readonly unseen: readonly string[];
}

export interface Decided {
  readonly decision: ScaleDecision;
  readonly state: ScaleState;
}

/** What a rule reads. */
export interface ScaleView {
  readonly now: number;
  readonly current: number;
  readonly ready: number;
  /** Of the pool, those unseen taken for as busy as the rest. */
  readonly waiting: number;
  /** At the rate of now. */
  readonly demand: Demand;
  /** At the rate to expect. */
  readonly expected: Demand;
  readonly settings: ScaleSettings;
  readonly correction: Correction;
}

export function decideScale(before: ScaleState, sample: PoolSample, context: ScaleContext): Decided {
  const { now } = context;
  const present = sample.workers.filter(({ state }) => state !== "draining" && state !== "failed");
  const failed = sample.workers.filter(({ state }) => state === "failed").map(({ id }) => id);
  const settings = boundsBeside(context.settings, { failed: failed.length, current: present.length });
  const ready = present.filter(({ state }) => state === "ready");
  const fresh = ready.filter(({ seenAt }) => seenAt !== undefined && now - seenAt <= settings.staleMs);
  const without = ready.filter((one) => !fresh.includes(one));
  const unseen = without.map(({ id }) => id);
  const silent = without.flatMap(({ id, isNew }) => (isNew === true ? [] : [id]));
  const startingAt = present.length > ready.length ? now : before.startingAt;
  const quiet = quietSince(sample, before.quietSince, now);
  const state = remember({ ...before, startingAt, quietSince: quiet }, sample, { settings, now, ready: ready.length });
  const base = { at: now, current: present.length, drain: [], alternatives: [] };
  const inputs = { demand: sample.demand, correction: state.correction, unseen };
  const zero = zeroOrFirst({
    settings,
    current: present.length,
    queued: sample.queued ?? 0,
    quietMs: state.quietSince === undefined ? 0 : now - state.quietSince,
  });
  const bound = boundsFirst(present, settings) ?? zero;
  const steered = settings.mode.kind === "manual" || settings.mode.kind === "schedule";
  const blind = !steered && (sample.demand === undefined || (ready.length > 0 && fresh.length === 0));
  const alarm = alarmOf({ silent, failed, noDemand: sample.demand === undefined && !steered });
  if (bound === undefined && blind) {
    const known = { ...inputs, expectedRequestsPerSecond: undefined, waiting: undefined };
    const decision = {
      ...base,
      action: "hold",
      target: present.length,
      reason: "nothing reliable is known: hold",
      cause: "blind",
    } as const;
    return { decision: { ...decision, alarm, inputs: known }, state: { ...state, fewerSince: undefined } };
  }
  const demand = { ...NOTHING_ASKED, ...sample.demand, ...state.lengths };
  const rate = expectedRate(state.rates, settings.startupMs + settings.intervalMs);
  const expected = { ...demand, requestsPerSecond: rate };
  const waiting =
    (sample.queued ?? 0) + (sum(fresh.map((one) => one.waiting)) * ready.length) / Math.max(1, fresh.length);
  const current = present.length;
  const view = { now, current, ready: ready.length, waiting, demand, expected, settings, correction: state.correction };
  const wanted = bound ?? wantedReplicas(view, state.changedAt);
  const move = nextMove(wanted, { view, state, candidates: leastNeeded(present, fresh) });
  const seen = sample.demand === undefined ? undefined : waiting;
  return {
    decision: {
      ...base,
      ...move.step,
      cause: bound === undefined ? settings.mode.kind : bound === zero ? "zero" : "bounds",
      alarm,
      inputs: { ...inputs, expectedRequestsPerSecond: sample.demand && expected.requestsPerSecond, waiting: seen },
      alternatives: sample.demand === undefined ? [] : neighbours(view, wanted.replicas),
    },
    state: move.state,
  };
}

const NOTHING_ASKED: Demand = { requestsPerSecond: 0, promptTokens: 1, cachedTokens: 0, outputTokens: 1 };

export interface ScaleContext {
  readonly settings: ScaleSettings;
  readonly now: number;
}

export interface Wanted {
  readonly replicas: number;
  readonly reason: string;
  /** Bounds, a person or a schedule asked for it: no prediction is consulted. */
  readonly must?: boolean;
}

/** Requests of before are still among the latencies. */
const SETTLE_MS = 120_000;

function remember(
  earlier: ScaleState,
  { demand, observed }: PoolSample,
  about: ScaleContext & { ready: number },
): ScaleState {
  if (demand === undefined) return earlier;
  const { now, settings, ready } = about;
  const horizonMs = settings.startupMs + settings.intervalMs;
  const lengths = smoothed(earlier.lengths, demand, sampleWeight(settings.intervalMs, horizonMs));
  const recent = earlier.rates.filter(({ at }) => now - at <= trendWindowMs(horizonMs) && at < now);
  const rates = [...recent, { at: now, requestsPerSecond: demand.requestsPerSecond }];
  const before = hasJumped(rates) ? { ...earlier, jumpedAt: now } : earlier;
  if (observed === undefined && demand.requestsPerSecond === 0)
    return { ...before, rates, lengths, correction: forgotten(before.correction) };
  if (observed === undefined || ready === 0) return { ...before, rates, lengths };
  const share = { ...demand, ...lengths, requestsPerSecond: expectedRate(rates, 0) / ready };
  const seen = learnt(before.correction, predictLatency(settings.worker, share, ready), observed);
  // What was late because workers were missing says nothing of those that there are.
  const correction = now - (before.startingAt ?? -Infinity) > SETTLE_MS ? seen : leastOf(seen, before.correction);
  return { ...before, rates, lengths, correction };
}

/** What only starts serves nobody yet; of those that serve, the ones whose figures are known. */
function leastNeeded(present: readonly WorkerSeen[], fresh: readonly WorkerSeen[]): readonly WorkerSeen[] {
  const starting = present.filter(({ state }) => state === "starting");
  if (starting.length > 0) return starting;
  return fresh.length > 0 ? fresh : present;
}

/** A failed worker takes a place, and none of those that serve goes for it. */
function boundsBeside(settings: ScaleSettings, count: { readonly failed: number; readonly current: number }) {
  if (count.failed === 0) return settings;
  const { minReplicas, maxReplicas: most } = settings;
  const maxReplicas = Math.max(most - count.failed, Math.min(most, count.current));
  return { ...settings, maxReplicas, minReplicas: Math.min(minReplicas, maxReplicas) };
}

function boundsFirst(
  { length }: readonly WorkerSeen[],
  { minReplicas, maxReplicas }: ScaleSettings,
): Wanted | undefined {
  if (length < minReplicas)
    return { replicas: minReplicas, reason: `fewer than the lower bound of ${minReplicas}`, must: true };
  if (length > maxReplicas)
    return { replicas: maxReplicas, reason: `more than the upper bound of ${maxReplicas}`, must: true };
  return undefined;
}

interface Situation {
  readonly view: ScaleView;
  readonly state: ScaleState;
  readonly candidates: readonly WorkerSeen[];
}

interface Move {
  readonly step: Pick<ScaleDecision, "action" | "target" | "drain" | "reason">;
  readonly state: ScaleState;
}

function nextMove(wanted: Wanted, situation: Situation): Move {
  const { view, state } = situation;
  const { current, settings, now } = view;
  if (wanted.replicas > current) {
    const target = Math.min(wanted.replicas, current + settings.upStep, Math.max(settings.maxReplicas, current));
    const step = { action: "up", target, drain: [], reason: wanted.reason } as const;
    return { step, state: { ...state, changedAt: now, fewerSince: undefined } };
  }
  if (wanted.replicas === current) return stay(wanted.reason, current, { ...state, fewerSince: undefined });
  return fewer(wanted, situation);
}

/** One at a time, the one whose loss costs least. */
function fewer(wanted: Wanted, { view, state, candidates }: Situation): Move {
  const { current, settings, now } = view;
  const since = state.fewerSince ?? now;
  const waiting = { ...state, fewerSince: since };
  const lasted = now - since;
  const needed = stabilisationNow(settings, state.jumpedAt === undefined ? undefined : now - state.jumpedAt);
  if (wanted.must !== true && lasted < needed.ms) {
    return stay(`${wanted.reason}; for ${lasted} of ${needed.ms} ms${needed.why}`, current, waiting);
  }
  const [least] = candidates.toSorted((a, b) => a.lossCost - b.lossCost || (a.id < b.id ? -1 : 1));
  if (least === undefined) return stay("no worker can be drained", current, waiting);
  const step = { action: "down", target: current - 1, drain: [least.id], reason: wanted.reason } as const;
  return { step, state: { ...state, changedAt: now, fewerSince: now } };
}

function stay(reason: string, current: number, state: ScaleState): Move {
  return { step: { action: "hold", target: current, drain: [], reason }, state };
}

function neighbours(view: ScaleView, wanted: number): Alternative[] {
  const { current, expected } = view;
  const numbers = [...new Set([current - 1, current, current + 1, wanted])].filter((one) => one >= 1);
  return numbers.toSorted((a, b) => a - b).map((one) => alternativeOf(one, expected, view));
}

interface Alarming {
  readonly silent: readonly string[];
  readonly failed: readonly string[];
  readonly noDemand: boolean;
}

function alarmOf({ silent, failed, noDemand }: Alarming): string | undefined {
  const parts = [
    ...(noDemand ? ["the arrival rate is not known"] : []),
    ...(silent.length > 0 ? [`no fresh figures of ${silent.join(", ")}`] : []),
    ...(failed.length > 0 ? [`ended too often and stays down: ${failed.join(", ")}`] : []),
  ];
  return parts.length === 0 ? undefined : parts.join("; ");
}

function sum(values: readonly number[]): number {
  return values.reduce((total, one) => total + one, 0);
}
