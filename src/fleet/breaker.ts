// The circuit breaker of one worker as a pure state machine: it remembers failed legs that a good /health would make forget.
import type { LegOutcome } from "./worker.ts";

/** closed: takes requests · open: takes none · half_open: takes one at a time, until one works. */
export type BreakerPhase = "closed" | "open" | "half_open";

export type BreakerEvent =
  /** A request was sent there. */
  | { readonly kind: "sent" }
  /** A request is over or has left; what it showed comes as a `leg`. */
  | { readonly kind: "ended" }
  /** `mayOpen` is false when as much of the pool is ejected already as may be. */
  | { readonly kind: "leg"; readonly outcome: LegOutcome; readonly mayOpen: boolean }
  | { readonly kind: "tick" };

interface Counts {
  readonly good: number;
  readonly bad: number;
}

export interface Breaker {
  readonly phase: BreakerPhase;
  /** When the phase began. */
  readonly since: number;
  /** Of this half of the window and the one before. */
  readonly now: Counts;
  readonly before: Counts;
  readonly halfSince: number;
  /** The one request of a half-open breaker is out. */
  readonly trying: boolean;
}

const NONE: Counts = { good: 0, bad: 0 };

export const CLOSED_BREAKER: Breaker = {
  phase: "closed",
  since: 0,
  now: NONE,
  before: NONE,
  halfSince: 0,
  trying: false,
};

/** Failed legs that open it, when they are at least half of all in the window. */
const BAD_TO_OPEN = 5;
const HALF_WINDOW_MS = 5000;
/** A worker that is well again gets requests within a second, so this does not grow. */
export const OPEN_MS = 500;

/** How a leg counts: good, so many bad ones, or not at all. */
const WEIGHT: Readonly<Record<LegOutcome, number>> = {
  ok: 0,
  // 503 and 429 are the answers of a worker that is well and full.
  overloaded: 0,
  // Its engine has said that it runs nothing more: no second opinion is needed.
  engine: BAD_TO_OPEN,
  failed: 1,
  refused: 1,
  broken: 1,
  slow: 1,
};

export function nextBreaker(breaker: Breaker, event: BreakerEvent, now: number): Breaker {
  const current = aged(breaker, now);
  switch (event.kind) {
    case "tick":
      return current.phase === "open" && now - current.since >= OPEN_MS
        ? { ...current, phase: "half_open", since: now, trying: false }
        : current;
    case "sent":
      return current.phase === "half_open" ? { ...current, trying: true } : current;
    case "ended":
      return current.trying ? { ...current, trying: false } : current;
    case "leg":
      return afterLeg(current, event, now);
  }
}

/** It may be sent a request now. */
export function admits({ phase, trying }: Breaker): boolean {
  return phase === "closed" || (phase === "half_open" && !trying);
}

/** How many of a pool's workers may be open at once: at least half of them stay. */
export function mayBeEjected(poolSize: number): number {
  return Math.floor(poolSize / 2);
}

function afterLeg(
  breaker: Breaker,
  { outcome, mayOpen }: { readonly outcome: LegOutcome; readonly mayOpen: boolean },
  now: number,
): Breaker {
  if (outcome === "overloaded") return breaker;
  const weight = WEIGHT[outcome];
  if (breaker.phase === "half_open") return weight > 0 ? opened(now) : onProbation(now);
  const counted: Breaker = {
    ...breaker,
    now: { good: breaker.now.good + (weight === 0 ? 1 : 0), bad: breaker.now.bad + weight },
  };
  // Legs sent before it opened still end: they change nothing until it is half open.
  if (breaker.phase === "open" || weight === 0 || !mayOpen) return counted;
  const bad = counted.now.bad + counted.before.bad;
  const good = counted.now.good + counted.before.good;
  return outcome === "engine" || (bad >= BAD_TO_OPEN && bad >= good) ? opened(now) : counted;
}

function opened(now: number): Breaker {
  return { ...CLOSED_BREAKER, phase: "open", since: now, halfSince: now };
}

/** The first byte of an answer closes it; that it breaks off after it shows only later, and then one such leg is enough. */
function onProbation(now: number): Breaker {
  return { ...CLOSED_BREAKER, since: now, halfSince: now, now: { good: 1, bad: BAD_TO_OPEN - 1 } };
}

function aged(breaker: Breaker, now: number): Breaker {
  const age = now - breaker.halfSince;
  if (age < HALF_WINDOW_MS) return breaker;
  const before = age < 2 * HALF_WINDOW_MS ? breaker.now : NONE;
  return { ...breaker, before, now: NONE, halfSince: now };
}
