// All detectors of a plan together: (state, evidence) → state and the reasons to roll back.
import type { RollbackDesign } from "./design.ts";
import {
  type Evidence,
  type Interval,
  RELATIVE_KINDS,
  type RelativeKind,
  TRIGGERS,
  type TriggerName,
} from "./evidence.ts";
import {
  afterInterval,
  freshRelative,
  rearmedRelative,
  type RelativeMeter,
  relativeMeter,
  type RelativeState,
  relativeText,
} from "./relative-guard.ts";
import { errorText, seedTriggers, timeoutText, ttftText } from "./seed-rule.ts";
import {
  afterWindow,
  freshTrigger,
  onsetRate,
  rearmedTrigger,
  type TriggerMeter,
  triggerMeter,
  type TriggerState,
} from "./trigger-detector.ts";

export interface WatchState {
  readonly triggers: Readonly<Record<TriggerName, TriggerState>>;
  readonly relative: Readonly<Record<RelativeKind, RelativeState>>;
  readonly ttftP99Ms?: number;
}

export interface WatchMeters {
  readonly triggers: readonly TriggerMeter[];
  readonly relative: readonly RelativeMeter[];
}

export interface WatchResult {
  readonly state: WatchState;
  /** Texts of what fired, in the seed's words where the seed has them; empty while all is well. */
  readonly reasons: readonly string[];
}

export function freshWatch(design: RollbackDesign): WatchState {
  return {
    triggers: eachTrigger((trigger) => freshTrigger(design, trigger)),
    relative: eachKind(freshRelative),
  };
}

/** After a rollback was looked at: evidence is forgotten, what was used of the budget is not. */
export function rearmedWatch(design: RollbackDesign, state: WatchState): WatchState {
  return {
    triggers: eachTrigger((trigger) => rearmedTrigger(design, trigger, state.triggers[trigger])),
    relative: eachKind((kind) => rearmedRelative(state.relative[kind])),
  };
}

export function watch(design: RollbackDesign, before: WatchState, evidence: Evidence): WatchResult {
  const triggers = eachTrigger((trigger) => {
    const windows = evidence.windows?.[trigger] ?? [];
    return windows.reduce((state, count) => afterWindow(design, trigger, { state, count }), before.triggers[trigger]);
  });
  const { interval } = evidence;
  const relative = eachKind((kind) =>
    interval === undefined ? before.relative[kind] : afterInterval(before.relative[kind], kind, interval),
  );
  const ttftP99Ms = interval?.ttftP99Ms ?? before.ttftP99Ms;
  const state: WatchState = { triggers, relative, ...(ttftP99Ms === undefined ? {} : { ttftP99Ms }) };
  const breaker = evidence.breaker === undefined ? [] : [evidence.breaker];
  return { state, reasons: [...breaker, ...reasonsOf(design, state, interval)] };
}

export function watchMeters(design: RollbackDesign, state: WatchState): WatchMeters {
  return {
    triggers: TRIGGERS.map((trigger) => triggerMeter(design, trigger, state.triggers[trigger])),
    relative: RELATIVE_KINDS.map((kind) => relativeMeter(design, kind, state.relative[kind])),
  };
}

function reasonsOf(design: RollbackDesign, state: WatchState, interval: Interval | undefined): readonly string[] {
  if (design.detector === "fixedWindow") return interval === undefined ? [] : seedReasons(design, interval);
  const meters = watchMeters(design, state);
  return [
    ...meters.triggers.filter(({ fired }) => fired).map(({ trigger }) => triggerText(design, trigger, state)),
    ...meters.relative.filter(({ fired }) => fired).map(relativeText),
  ];
}

function seedReasons(design: RollbackDesign, { candidate, ttftP99Ms }: Interval): readonly string[] {
  if (candidate.requests === 0) return [];
  return seedTriggers({
    error_rate: candidate.errors / candidate.requests,
    timeout_rate: candidate.timeouts / candidate.requests,
    vllm_ttft_baseline_ms: design.ttft.baselineMs,
    ...(ttftP99Ms === undefined ? {} : { ttft_p99_ms: ttftP99Ms }),
  });
}

function triggerText(design: RollbackDesign, trigger: TriggerName, state: WatchState): string {
  const rate = onsetRate(design, state.triggers[trigger]);
  if (trigger === "error") return errorText(rate, design.tolerated.error);
  if (trigger === "timeout") return timeoutText(rate, design.tolerated.timeout);
  const { ttftP99Ms } = state;
  if (ttftP99Ms !== undefined && ttftP99Ms > design.ttft.fromBaselineMs) return ttftText(ttftP99Ms);
  return `TTFT over ${design.ttft.thresholdMs}ms in ${(rate * 100).toFixed(1)}% of requests > ${design.tolerated.ttft * 100}%`;
}

function eachTrigger<T>(make: (trigger: TriggerName) => T): Record<TriggerName, T> {
  return { error: make("error"), ttft: make("ttft"), timeout: make("timeout") };
}

function eachKind<T>(make: (kind: RelativeKind) => T): Record<RelativeKind, T> {
  return { error: make("error"), ttft: make("ttft"), rejected: make("rejected") };
}
