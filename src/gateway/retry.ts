// Whether a failed leg is sent again, and where: a pure decision.
import type { Random } from "../core/index.ts";

/** refused: connection failed · broken: reset or protocol error · overloaded: 503 · engine: vLLM's own words for a draining or dead engine · silent: no bytes, and the listener refuses connections · slow: the first byte did not come in time · recalled: a rollback takes it back · preempted: batch that gives way to a more urgent request · drained: its worker is taken out of service · kv_load: the KV of its prompt did not come · late: the first byte takes far longer than predicted. */
export type LegFailure =
  | "refused"
  | "broken"
  | "overloaded"
  | "engine"
  | "silent"
  | "slow"
  | "recalled"
  | "preempted"
  | "drained"
  | "kv_load"
  | "late";

export interface RetryQuestion {
  readonly failure: LegFailure;
  /** Body bytes have reached the client. */
  readonly committed: boolean;
  readonly clientLeft: boolean;
  readonly retriesSoFar: number;
  readonly maxRetries: number;
  readonly budgetLeft: boolean;
  /** Of the whole request. */
  readonly remainingMs: number;
  /** Eligible workers that this request has not been sent to. */
  readonly untried: number;
  /** Eligible workers, tried ones too. */
  readonly eligible: number;
  /** Another worker may have the request's adapter loaded. */
  readonly loadable?: boolean;
  /** The next leg goes to a migration's legacy arm, which carried all traffic before: no budget, and once at the least. */
  readonly crosses?: boolean;
}

export type RetryDenial =
  | "committed"
  | "client_left"
  | "not_retryable"
  | "attempts"
  | "time"
  | "no_other_worker"
  | "budget";

export type RetryDecision =
  | { readonly retry: true; readonly where: "other" | "same" }
  | { readonly retry: false; readonly reason: RetryDenial };

export function decideRetry(question: RetryQuestion): RetryDecision {
  const denial = firstDenial(question);
  if (denial !== undefined) return { retry: false, reason: denial };
  if (question.untried > 0) return spend(question, "other");
  // An idle socket that the worker closed just as it was reused shows as a reset; nothing is wrong with the worker.
  const reused = question.failure === "broken" && question.retriesSoFar === 0;
  if ((reused || question.failure === "preempted") && question.eligible > 0) return spend(question, "same");
  return question.loadable === true ? spend(question, "other") : { retry: false, reason: "no_other_worker" };
}

function firstDenial(question: RetryQuestion): RetryDenial | undefined {
  if (question.committed) return "committed";
  if (question.clientLeft) return "client_left";
  // It may be slow everywhere, and the first worker has already spent the time.
  if (question.failure === "slow" && question.crosses !== true) return "not_retryable";
  if (question.retriesSoFar >= Math.max(question.maxRetries, question.crosses === true ? 1 : 0)) return "attempts";
  return question.remainingMs <= 0 ? "time" : undefined;
}

/** Legs that one worker lost at the same moment do not all arrive at the next one in the same moment. */
const JITTER_MS = 20;

export function jitterMs(retriesSoFar: number, random: Random): number {
  return random.next() * JITTER_MS * 2 ** Math.min(retriesSoFar, 4);
}

function spend(question: RetryQuestion, where: "other" | "same"): RetryDecision {
  // A drain happens once per request and worker, and who gives way waits again: neither multiplies anything.
  const free = question.crosses === true || question.failure === "drained" || question.failure === "preempted";
  return question.budgetLeft || free ? { retry: true, where } : { retry: false, reason: "budget" };
}
