// The latencies of late that predictions are held against, for the live autoscaler and the simulated one.
import { percentileOf } from "../core/index.ts";
import type { Latency } from "./pool-sample.ts";

export interface LatencyWindow {
  /** A stream that has ended; `gapMs` = mean time between its tokens, undefined when it had only one. */
  add(now: number, ttftMs: number, gapMs: number | undefined): void;
  /** Undefined while too few have ended. */
  p99(now: number): Latency | undefined;
}

const WINDOW_MS = 120_000;
/** P99 of fewer is a matter of luck. */
const FEWEST = 50;
/** Enough for a 99th percentile; the latest count. */
const MOST = 4096;

interface Ended {
  readonly at: number;
  readonly ttftMs: number;
  readonly gapMs: number | undefined;
}

export function latencyWindow(): LatencyWindow {
  let ended: Ended[] = [];

  function recent(now: number): readonly Ended[] {
    const first = ended.findIndex(({ at }) => now - at <= WINDOW_MS);
    ended = first < 0 ? [] : ended.slice(Math.max(first, ended.length - MOST));
    return ended;
  }

  return {
    add(now, ttftMs, gapMs) {
      ended.push({ at: now, ttftMs, gapMs });
      if (ended.length >= 2 * MOST) recent(now);
    },
    p99(now) {
      const seen = recent(now);
      if (seen.length < FEWEST) return undefined;
      const gaps = seen.flatMap(({ gapMs }) => gapMs ?? []);
      return {
        ttftP99Ms: percentileOf(
          seen.map(({ ttftMs }) => ttftMs),
          99,
        ),
        itlP99Ms: gaps.length === 0 ? Number.NaN : percentileOf(gaps, 99),
      };
    },
  };
}
