// How one leg ended, and what it counts as.

export type LegClass =
  | "ok"
  /** The client left; neither arm's fault. */
  | "client-cancel"
  /** 4xx but 429: the caller's mistake, or a parameter that only this arm refuses. */
  | "client-4xx"
  | "overload-429"
  | "backend-5xx"
  | "timeout"
  /** Broken framing, an in-band error, an answer that is none. */
  | "protocol"
  /** No connection. */
  | "refused";

export interface LegOutcome {
  readonly arm: "legacy" | "candidate";
  /** Epoch ms of the end. */
  readonly at: number;
  readonly class: LegClass;
  /** Undefined when no token came, or when the answer was not streamed. */
  readonly ttftMs?: number;
  /** How long a first token was waited for when none came. */
  readonly waitedMs?: number;
  readonly worker?: string;
  readonly requestId?: string;
}

const FAILURES: ReadonlySet<LegClass> = new Set(["overload-429", "backend-5xx", "timeout", "protocol", "refused"]);

/** A failure of the arm. Legs that a retry on the other arm saved are failures all the same. */
export function isFailure(outcome: LegOutcome): boolean {
  return FAILURES.has(outcome.class);
}

/** Requests that say something about the arm: all but those the client ended or spoilt. */
export function isCounted(outcome: LegOutcome): boolean {
  return outcome.class === "ok" || isFailure(outcome);
}

/** Undefined when nothing is known of the first token: such a request is not counted as fast. */
export function isSlow(outcome: LegOutcome, thresholdMs: number): boolean | undefined {
  if (outcome.ttftMs !== undefined) return outcome.ttftMs > thresholdMs;
  if (outcome.waitedMs !== undefined && outcome.waitedMs > thresholdMs) return true;
  return outcome.class === "timeout" ? true : undefined;
}
