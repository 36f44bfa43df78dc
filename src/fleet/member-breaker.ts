// The breaker of one member in time: events go in from its ledger and its legs, and a timer half-opens it.
import type { Clock, Timer } from "../core/index.ts";
import {
  admits,
  type Breaker,
  type BreakerEvent,
  type BreakerPhase,
  CLOSED_BREAKER,
  nextBreaker,
  OPEN_MS,
} from "./breaker.ts";
import type { LegOutcome } from "./worker.ts";

export interface MemberBreaker {
  readonly phase: BreakerPhase;
  /** Half open, and its one request is not out. */
  readonly wantsTrial: boolean;
  sent(): void;
  ended(): void;
  leg(outcome: LegOutcome, mayOpen: boolean): void;
  /** The process behind it is another one. */
  reset(): void;
  close(): void;
}

export interface MemberBreakerOptions {
  readonly clock: Clock;
  readonly onPhase: (phase: BreakerPhase, before: BreakerPhase) => void;
  /** The phase is as before, but the one request of a half-open breaker went out or came back. */
  readonly onTrial: () => void;
}

const EARLY_MS = 5;

export function memberBreaker({ clock, onPhase, onTrial }: MemberBreakerOptions): MemberBreaker {
  let breaker: Breaker = CLOSED_BREAKER;
  let timer: Timer | undefined;

  function feel(event: BreakerEvent): void {
    put(nextBreaker(breaker, event, clock.now()));
  }

  function put(next: Breaker): void {
    const before = breaker;
    breaker = next;
    if (next.phase !== before.phase) {
      timer?.cancel();
      if (next.phase === "open") halfOpenLater(OPEN_MS);
      onPhase(next.phase, before.phase);
    } else if (admits(next) !== admits(before)) onTrial();
  }

  /** A timer may be a fraction of a millisecond early by the clock it is read with: then it is set again. */
  function halfOpenLater(delayMs: number): void {
    timer = clock.after(delayMs, () => {
      feel({ kind: "tick" });
      if (breaker.phase === "open") halfOpenLater(EARLY_MS);
    });
  }

  return {
    get phase() {
      return breaker.phase;
    },
    get wantsTrial() {
      return breaker.phase === "half_open" && admits(breaker);
    },
    sent() {
      if (breaker.phase === "half_open") feel({ kind: "sent" });
    },
    ended() {
      if (breaker.trying) feel({ kind: "ended" });
    },
    leg: (outcome, mayOpen) => feel({ kind: "leg", outcome, mayOpen }),
    reset: () => put(CLOSED_BREAKER),
    close: () => timer?.cancel(),
  };
}
