// Whether a target is met: told by the interval, not by the middle alone.
import { type MedianInterval, medianInterval } from "./median-interval.ts";

export type Verdict = "met" | "missed" | "unresolved";

export interface Judged {
  readonly target: string;
  readonly limit: number;
  readonly unit: string;
  /** Of the paired figures, one a round; a single value for what is measured once. */
  readonly value: MedianInterval;
  readonly verdict: Verdict;
}

export interface Target {
  readonly target: string;
  readonly limit: number;
  readonly unit: string;
}

/** `met` when the interval's upper end is within, `missed` when its lower end is above, else `unresolved`. */
export function judge(target: Target, values: readonly number[]): Judged {
  return judgeSpread(target, medianInterval(values));
}

/** For a figure that comes with its own interval. */
export function judgeSpread(target: Target, value: MedianInterval): Judged {
  return { ...target, value, verdict: verdictOf(value, target.limit) };
}

/** For what is no sample but a fact of one run: memory, a percentile of thousands. */
export function judgeOnce(target: Target, value: number): Judged {
  return judgeSpread(target, { median: value, low: value, high: value, count: 1 });
}

function verdictOf({ low, high }: MedianInterval, limit: number): Verdict {
  if (high !== undefined && high <= limit) return "met";
  if (low !== undefined && low > limit) return "missed";
  return "unresolved";
}
