// What a failed leg means to the fleet and to the client.
import type { LegOutcome } from "../fleet/index.ts";
import { type Refusal, RETRY_AFTER, refusal } from "./refusal.ts";
import type { LimitKind } from "./leg-watch.ts";
import type { LegFailure } from "./retry.ts";

interface FailureEntry {
  readonly outcome: LegOutcome;
  readonly status: 502 | 503 | 504;
  readonly message: string;
}

const FAILURES: Readonly<Record<LegFailure, FailureEntry>> = {
  refused: { outcome: "refused", status: 502, message: "The worker cannot be reached." },
  broken: { outcome: "broken", status: 502, message: "The worker closed the connection before it answered." },
  overloaded: { outcome: "overloaded", status: 503, message: "The worker is overloaded." },
  engine: { outcome: "engine", status: 502, message: "The worker's engine does not run." },
  silent: { outcome: "refused", status: 502, message: "The worker went away before it answered." },
  drained: { outcome: "overloaded", status: 503, message: "The worker is being taken out of service." },
  recalled: { outcome: "failed", status: 502, message: "The request was taken back from its worker." },
  preempted: { outcome: "ok", status: 503, message: "The request gave way to a more urgent one." },
  kv_load: { outcome: "failed", status: 502, message: "The prompt's KV did not come." },
  late: { outcome: "slow", status: 504, message: "The worker did not answer in time." },
  slow: { outcome: "slow", status: 504, message: "The worker did not answer in time." },
};

/** The transport's own message may hold the worker's address. */
export const LOST = "The worker closed the connection before its answer was complete.";

export function outcomeOf(failure: LegFailure): LegOutcome {
  return FAILURES[failure].outcome;
}

/** What it says of the worker when an answer breaks off after its first byte. */
export function interruptedOutcome(failure: LegFailure | LimitKind): LegOutcome | undefined {
  if (failure === "total" || failure === "client_stall" || failure === "leaving") return undefined;
  return failure === "idle" || failure === "first_byte" ? "slow" : outcomeOf(failure);
}

export function failureRefusal(failure: LegFailure): Refusal {
  const { status, message } = FAILURES[failure];
  return refusal(status, message, status === 503 ? { headers: RETRY_AFTER } : {});
}

export function noWorker(model: string): Refusal {
  return refusal(503, `No worker of \`${model}\` can take a request now.`, { headers: RETRY_AFTER });
}
