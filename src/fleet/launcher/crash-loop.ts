// When starting a worker again is no help any more, and how long to wait before it is tried. Pure.
import type { Random } from "../../core/index.ts";

export interface Death {
  readonly at: number;
  /** It had answered before it ended. */
  readonly wasReady: boolean;
}

export interface CrashRule {
  readonly deaths: number;
  readonly windowMs: number;
}

const FIRST_MS = 500;
const LONGEST_MS = 30_000;
/** Of workers that die of one cause, not all start again in the same moment. */
const JITTER = 0.5;

/** So many deaths within the window, or so many starts in a row that never came to answer, however long each took. */
export function isCrashLoop(deaths: readonly Death[], { deaths: limit, windowMs }: CrashRule, now: number): boolean {
  const last = deaths.slice(-limit);
  if (last.length < limit) return false;
  return last.every(({ at }) => now - at <= windowMs) || last.every(({ wasReady }) => !wasReady);
}

/** Before the start after `failures` deaths in a row; doubles, half of it by chance. */
export function restartDelay(failures: number, random: Random): number {
  const whole = Math.min(FIRST_MS * 2 ** Math.min(failures - 1, 30), LONGEST_MS);
  return Math.round(whole * (1 - JITTER + JITTER * random.next()));
}
