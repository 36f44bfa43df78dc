// The decisions of a pair as receipts, ledgers and traces read them.
import type { Worker } from "../../fleet/index.ts";
import type { Candidate, ChosenPair, RouteDecision } from "../../routing/index.ts";
import type { Context } from "../context.ts";
import type { Decided } from "../decide.ts";
import type { PromptIdentity } from "../prompt-identity.ts";
import type { LegRecord } from "../record.ts";

export interface DecidedParts {
  readonly identity: PromptIdentity;
  readonly rule: string;
  readonly startedAt: number;
}

export function prefillDecided(
  pair: ChosenPair,
  { workers, identity, rule, startedAt }: DecidedParts & { readonly workers: readonly Worker[] },
): Decided {
  const worker = workers.find(({ id }) => id === pair.prefill.id);
  if (worker === undefined) throw new Error(`no worker ${pair.prefill.id}`);
  const { prefillCached: cachedTokens, prefillTtftMs: ttftMs } = pair;
  const prediction = {
    cachedTokens,
    ttftMs,
    slowdown: pair.prefill.slowdown,
    known: identity.hashes !== undefined,
  };
  return { decision: decisionOf(pair, { chosen: pair.prefill, rule, cachedTokens }), worker, prediction, startedAt };
}

/** Nothing of the prompt is computed there; what it tells of its cache is the prefill worker's. */
export function decodeDecided(
  pair: ChosenPair,
  { worker, identity, rule, startedAt }: DecidedParts & { readonly worker: Worker },
): Decided {
  const { promptTokens: cachedTokens } = identity;
  const prediction = { cachedTokens, ttftMs: undefined, slowdown: pair.decode.slowdown, known: false };
  const { decodeCached } = pair;
  const decision = decisionOf(pair, { chosen: pair.decode, rule, cachedTokens: decodeCached });
  return { decision, worker, prediction, startedAt };
}

function decisionOf(
  pair: ChosenPair,
  { chosen, rule, cachedTokens }: { chosen: Candidate; rule: string; cachedTokens: number },
): RouteDecision {
  const { ttftMs, costMs, transferMs, wholeMs } = pair;
  const alone = wholeMs === undefined ? "" : `, one worker ${rounded(wholeMs)} ms`;
  const reason = `pair ${rounded(costMs)} ms with ${rounded(transferMs)} ms of transfer${alone}`;
  return {
    chosen,
    policy: `pair ${rule}`,
    reason,
    scores: [{ worker: chosen.id, cost: costMs, cachedTokens, ttftMs }],
  };
}

function rounded(ms: number): number {
  return Math.round(ms * 10) / 10;
}

export interface Lesson {
  readonly leg: LegRecord;
  readonly cached: number | undefined;
  readonly promptTokens: number;
}

/** Prediction and truth of a prefill leg: its answer is its first token. */
export function learn({ books, options }: Context, { leg, cached, promptTokens }: Lesson): void {
  const { prediction, worker, sentAt } = leg;
  const { metrics, residuals } = books;
  if (prediction.known && cached !== undefined) {
    metrics.cachedError(worker).observe(cached - prediction.cachedTokens);
    metrics.cachedPredicted(worker).inc(prediction.cachedTokens);
    metrics.cachedReported(worker).inc(cached);
  }
  if (prediction.ttftMs === undefined) return;
  const observedMs = options.clock.now() - sentAt;
  metrics.ttftRatio(worker).observe(observedMs / Math.max(prediction.ttftMs, 0.001));
  residuals.ttft(worker, {
    predictedMs: prediction.ttftMs,
    slowdown: prediction.slowdown,
    observedMs,
    tokens: promptTokens - prediction.cachedTokens,
  });
}
