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
import { type ArmCounts, type Evidence, NO_COUNTS, type TriggerName, type WindowCount } from "./evidence.ts";
import { isCounted, isFailure, isSlow, type LegOutcome } from "./leg-outcome.ts";

export interface LegCounterOptions {
  readonly windowSize: number;
  readonly ttftThresholdMs: () => number;
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
  /** Of the check interval that has not ended. */
  readonly counts: Readonly<Record<"legacy" | "candidate", ArmCounts>>;
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

  function close(name: TriggerName, bad: boolean | undefined): readonly WindowCount[] | undefined {
    if (bad === undefined) return undefined;
    const one = window[name];
    one.requests++;
    if (bad) one.bad++;
    if (one.requests < options.windowSize) return undefined;
    const { legacyRequests, legacyBad } = one;
    const compares = legacyRequests >= MIN_LEGACY;
    window[name] = compares ? emptyWindow() : { ...emptyWindow(), legacyRequests, legacyBad };
    return [compares ? [one.bad, legacyRequests, legacyBad] : one.bad];
  }

  function closed(outcome: LegOutcome, slow: boolean | undefined): NonNullable<Evidence["windows"]> {
    const found = badOf(outcome, slow).map(([name, bad]) => [name, close(name, bad)] as const);
    return Object.fromEntries(found.filter(([, list]) => list !== undefined));
  }

  function noteLegacy(outcome: LegOutcome, slow: boolean | undefined): void {
    for (const [name, bad] of badOf(outcome, slow)) {
      if (bad === undefined) continue;
      window[name].legacyRequests++;
      if (bad) window[name].legacyBad++;
    }
  }

  return {
    get counts() {
      return counts;
    },
    note(outcome) {
      const slow = isSlow(outcome, options.ttftThresholdMs());
      counts = { ...counts, [outcome.arm]: added(counts[outcome.arm], outcome, slow) };
      breaker = breakerAfterLeg(breaker, outcome);
      if (outcome.arm === "legacy") {
        noteLegacy(outcome, slow);
        return undefined;
      }
      if (outcome.ttftMs !== undefined) ttfts.push(outcome.ttftMs);
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

/** Fewer legacy requests than this tell nothing; they are kept for the next window. */
const MIN_LEGACY = 5;

function emptyWindow(): { requests: number; bad: number; legacyRequests: number; legacyBad: number } {
  return { requests: 0, bad: 0, legacyRequests: 0, legacyBad: 0 };
}

/** Per trigger: bad, fine, or not to be counted. */
function badOf(
  outcome: LegOutcome,
  slow: boolean | undefined,
): readonly (readonly [TriggerName, boolean | undefined])[] {
  const counted = isCounted(outcome);
  return [
    ["error", counted ? isFailure(outcome) : undefined],
    ["ttft", slow],
    ["timeout", counted ? outcome.class === "timeout" : undefined],
  ];
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
