// What the watch over the legs tells the plan: plain numbers that go into its log.

export type TriggerName = "error" | "ttft" | "timeout";
export const TRIGGERS: readonly TriggerName[] = ["error", "ttft", "timeout"];

export type RelativeKind = "error" | "ttft" | "rejected";
export const RELATIVE_KINDS: readonly RelativeKind[] = ["error", "ttft", "rejected"];

/** Counts of one arm over a check interval. */
export interface ArmCounts {
  /** Counted requests: ok and failed. */
  readonly requests: number;
  readonly errors: number;
  readonly timeouts: number;
  /** Requests whose first token is judged, and those of them over the threshold. */
  readonly ttfts: number;
  readonly slow: number;
  /** 4xx but 429. */
  readonly rejected: number;
}

export function addCounts(a: ArmCounts, b: ArmCounts): ArmCounts {
  return {
    requests: a.requests + b.requests,
    errors: a.errors + b.errors,
    timeouts: a.timeouts + b.timeouts,
    ttfts: a.ttfts + b.ttfts,
    slow: a.slow + b.slow,
    rejected: a.rejected + b.rejected,
  };
}

export interface Interval {
  readonly legacy: ArmCounts;
  readonly candidate: ArmCounts;
  /** Largest-but-1 % TTFT of the candidate in the interval; the seed's rule reads it. */
  readonly ttftP99Ms?: number;
}

/**
 * Bad ones among `windowSize` candidate requests; with it, when there were enough, the legacy's requests of the same time
 * and the bad ones among them. An array, because the log holds one a window.
 */
export type WindowCount = number | readonly [bad: number, legacyRequests: number, legacyBad: number];

export interface Evidence {
  readonly windows?: Partial<Readonly<Record<TriggerName, readonly WindowCount[]>>>;
  /** Every check interval, also when empty: silence is a fact too. */
  readonly interval?: Interval;
  /** Why the hard breaker fires. */
  readonly breaker?: string;
}

export const NO_COUNTS: ArmCounts = { requests: 0, errors: 0, timeouts: 0, ttfts: 0, slow: 0, rejected: 0 };
