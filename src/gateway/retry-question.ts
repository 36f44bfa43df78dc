// What `decideRetry` is asked about a failed leg of a running request.
import type { Worker } from "../fleet/index.ts";
import type { ExchangeParts } from "./exchange-parts.ts";
import { hasOtherPlace } from "./models/lost-holders.ts";
import { tries } from "./record.ts";
import { decideRetry, type LegFailure, type RetryDecision } from "./retry.ts";

export interface FailedLeg {
  readonly failure: LegFailure;
  readonly committed: boolean;
  readonly clientLeft: boolean;
  /** Workers that the request may go to, and those of them that it has not been sent to. */
  readonly all: readonly Worker[];
  readonly others: readonly Worker[];
  readonly crosses: boolean;
}

export function decideRetryOf(parts: ExchangeParts, leg: FailedLeg): RetryDecision {
  const { context, accepted, record } = parts;
  const { limits, name } = accepted.model;
  const { failure, committed, clientLeft, crosses } = leg;
  return decideRetry({
    failure,
    committed,
    clientLeft,
    crosses,
    untried: leg.others.length,
    eligible: leg.all.length,
    loadable: leg.others.length === 0 && hasOtherPlace(parts),
    retriesSoFar: tries(record) - 1,
    maxRetries: limits.retries,
    budgetLeft: context.budget(name, limits.retryBudgetRatio).left,
    remainingMs: record.arrivedAt + limits.totalTimeoutMs - context.options.clock.now(),
  });
}
