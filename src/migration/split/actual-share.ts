// The share of sessions that really went to the candidate, tested against the set weight at every look.
import { clopperPearson, type Interval, shareLogE } from "../../stats/index.ts";
import type { Arm } from "./split.ts";

export interface ActualShare {
  /** The first time a session is seen after the weight was set; later requests of it tell nothing new. */
  note(session: string, arm: Arm): void;
  reading(): ShareReading;
  /** A new weight starts a new count. */
  reset(weight: number): void;
}

export interface ShareReading {
  readonly weight: number;
  readonly sessions: number;
  readonly candidate: number;
  readonly interval: Interval;
  /** The split is not what was set; holds at any time with error at most alpha per weight. */
  readonly mismatch: boolean;
}

export interface ActualShareOptions {
  readonly alpha?: number;
  /** After so many sessions the count stands still: the test has all it needs. */
  readonly maxSessions?: number;
}

export function actualShare(weight: number, options: ActualShareOptions = {}): ActualShare {
  const { alpha = 0.001, maxSessions = 100_000 } = options;
  let set = weight;
  let candidate = 0;
  let mismatch = false;
  const seen = new Set<string>();
  return {
    note(session, arm) {
      if (seen.size >= maxSessions || seen.has(session)) return;
      seen.add(session);
      if (arm === "candidate") candidate++;
      mismatch ||= shareLogE(candidate, seen.size, set) >= Math.log(1 / alpha);
    },
    reading: () => ({
      weight: set,
      sessions: seen.size,
      candidate,
      interval: clopperPearson(candidate, seen.size, 0.95),
      mismatch,
    }),
    reset(next) {
      set = next;
      candidate = 0;
      mismatch = false;
      seen.clear();
    },
  };
}
