// The health of one worker as a pure state machine: probes and legs go in, a phase comes out.
import type { LegOutcome } from "./worker.ts";

export type HealthPhase = "starting" | "ready" | "suspect" | "dead";

export type HealthEvent =
  | { readonly kind: "probe"; readonly ok: boolean }
  | { readonly kind: "leg"; readonly outcome: LegOutcome };

export interface Health {
  readonly phase: HealthPhase;
  /** Consecutive bad signs since the last good one. */
  readonly bad: number;
  /** Consecutive good probes since the last bad sign. */
  readonly good: number;
}

export const NEW_HEALTH: Health = { phase: "starting", bad: 0, good: 0 };

// Two bad signs in a row leave `ready`: one lost probe on a busy machine is noise. A refused connection is no noise.
const BAD_TO_SUSPECT = 2;
const BAD_TO_DEAD = 4;
const GOOD_TO_READY = 2;

/** Draining is not health: the fleet keeps it beside. */
export function nextHealth(health: Health, event: HealthEvent): Health {
  if (event.kind === "probe") return event.ok ? afterGoodProbe(health) : afterBad(health, 1);
  switch (event.outcome) {
    case "ok":
      // A leg that worked clears doubts, but does not admit a worker: probes do.
      return health.phase === "ready" ? { ...health, bad: 0 } : health;
    case "refused":
      return afterBad(health, BAD_TO_SUSPECT);
    case "broken":
    case "slow":
      return afterBad(health, 1);
    case "overloaded":
    case "engine":
    case "failed":
      // The worker answered: that says nothing about its life. What it says of its use, the breaker counts.
      return health;
  }
}

function afterGoodProbe(health: Health): Health {
  const good = health.good + 1;
  const admitted = health.phase === "ready" || health.phase === "starting" || good >= GOOD_TO_READY;
  return { phase: admitted ? "ready" : health.phase, bad: 0, good };
}

function afterBad(health: Health, weight: number): Health {
  const bad = health.bad + weight;
  return { phase: phaseAfterBad(health.phase, bad), bad, good: 0 };
}

function phaseAfterBad(phase: HealthPhase, bad: number): HealthPhase {
  if (phase === "starting") return "starting";
  if (bad >= BAD_TO_DEAD) return "dead";
  if (bad >= BAD_TO_SUSPECT && phase === "ready") return "suspect";
  return phase;
}
