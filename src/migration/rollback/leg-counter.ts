// Counts legs into windows and check intervals as they end.
import { percentile } from "../../core/index.ts";
import {
  BREAKER_LIMITS,
  type BreakerLimits,
  breakerAfterLeg,
  breakerAfterProbe,
  breakerReason,
  CLOSED_BREAKER,
} from "./breaker.ts";
import { type ArmCounts, type Evidence, NO_COUNTS, type TriggerName } from "./evidence.ts";
import { isCounted, isFailure, isSlow, type LegOutcome } from "./leg-outcome.ts";

export interface LegCounterOptions {
  readonly windowSize: number;
  readonly ttftThresholdMs: number;
  /** Workers of the candidate that are known at the moment. */
  readonly workers: () => number;
  readonly breaker?: BreakerLimits;
}

export interface LegCounter {
  /** Evidence when a window closed or the breaker fires, else undefined. */
  note(outcome: LegOutcome): Evidence | undefined;
  /** An active probe of the candidate endpoint. */
  noteProbe(healthy: boolean, now: number): Evidence | undefined;
  /** Ends the check interval; also looks at the breaker, whose span may have passed in silence. */
  endInterval(now: number): Evidence;
}

export function legCounter(options: LegCounterOptions): LegCounter {
  const window = { error: emptyWindow(), ttft: emptyWindow(), timeout: emptyWindow() };
  let counts = { legacy: NO_COUNTS, candidate: NO_COUNTS };
  let ttfts: number[] = [];
  let breaker = CLOSED_BREAKER;

  function reason(now: number): { breaker?: string } {
    const limits = options.breaker ?? BREAKER_LIMITS;
    const text = breakerReason(breaker, { now, workers: options.workers(), limits });
    return text === undefined ? {} : { breaker: text };
  }

  function close(name: TriggerName, bad: boolean | undefined): readonly number[] | undefined {
    if (bad === undefined) return undefined;
    const one = window[name];
    one.requests++;
    if (bad) one.bad++;
    if (one.requests < options.windowSize) return undefined;
    const closed = one.bad;
    window[name] = emptyWindow();
    return [closed];
  }

  function closed(outcome: LegOutcome, slow: boolean | undefined): NonNullable<Evidence["windows"]> {
    const counted = isCounted(outcome);
    const found: [TriggerName, readonly number[] | undefined][] = [
      ["error", close("error", counted ? isFailure(outcome) : undefined)],
      ["ttft", close("ttft", slow)],
      ["timeout", close("timeout", counted ? outcome.class === "timeout" : undefined)],
    ];
    return Object.fromEntries(found.filter(([, list]) => list !== undefined));
  }

  return {
    note(outcome) {
      const slow = isSlow(outcome, options.ttftThresholdMs);
      counts = { ...counts, [outcome.arm]: added(counts[outcome.arm], outcome, slow) };
      if (outcome.arm === "legacy") return undefined;
      if (outcome.ttftMs !== undefined) ttfts.push(outcome.ttftMs);
      breaker = breakerAfterLeg(breaker, outcome);
      const windows = closed(outcome, slow);
      const found = { ...(Object.keys(windows).length === 0 ? {} : { windows }), ...reason(outcome.at) };
      return Object.keys(found).length === 0 ? undefined : found;
    },
    noteProbe(healthy, now) {
      breaker = breakerAfterProbe(breaker, healthy);
      const found = reason(now);
      return found.breaker === undefined ? undefined : found;
    },
    endInterval(now) {
      const sorted = ttfts.sort((a, b) => a - b);
      const p99 = sorted.length === 0 ? {} : { ttftP99Ms: percentile(sorted, 99) };
      const found = { interval: { ...counts, ...p99 }, ...reason(now) };
      counts = { legacy: NO_COUNTS, candidate: NO_COUNTS };
      ttfts = [];
      return found;
    },
  };
}

function emptyWindow(): { requests: number; bad: number } {
  return { requests: 0, bad: 0 };
}

function added(counts: ArmCounts, outcome: LegOutcome, slow: boolean | undefined): ArmCounts {
  const counted = isCounted(outcome);
  return {
    requests: counts.requests + (counted ? 1 : 0),
    errors: counts.errors + (isFailure(outcome) ? 1 : 0),
    timeouts: counts.timeouts + (outcome.class === "timeout" ? 1 : 0),
    ttfts: counts.ttfts + (slow === undefined ? 0 : 1),
    slow: counts.slow + (slow === true ? 1 : 0),
    rejected: counts.rejected + (outcome.class === "client-4xx" ? 1 : 0),
  };
}
