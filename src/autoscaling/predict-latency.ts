// The P99 latencies that one worker gives at a demand: a closed form over its step times.
import type { Demand, Latency } from "./pool-sample.ts";
import type { WorkerCapacity } from "./scale-settings.ts";

/** Where no answer is finite. */
const OVERLOADED: Latency = { ttftP99Ms: Infinity, itlP99Ms: Infinity };
/** Above this share of time in prefill the queue's length is a matter of luck. */
const MOST_PREFILL = 0.95;
/** 99th percentile of a normal distribution; a batch is a sum of many independent requests. */
const Z99 = 2.326;
/** Of a hundred requests the slowest is none of these. */
const SELDOM = 0.01;
const ROUNDS = 60;
const DEFAULT_SEQUENCES = 1024;

export function predictLatency(worker: WorkerCapacity, demand: Demand): Latency {
  const { role, cost, maxSequences = DEFAULT_SEQUENCES } = worker;
  const rate = demand.requestsPerSecond / 1000;
  const promptShare = role === "decode" ? (demand.wholeShare ?? 0) : 1;
  const uncached = Math.max(1, demand.promptTokens - demand.cachedTokens);
  const prefill = { cached: demand.cachedTokens, uncached };
  const ownMs = cost.prefillMs({ ...prefill, decodeSequences: 0, decodeContext: 0 });
  const busy = rate * promptShare * ownMs;
  if (busy >= MOST_PREFILL) return OVERLOADED;
  const context = demand.promptTokens + demand.outputTokens / 2;
  const gapMs = (batch: number): number => decodeStepMs(worker, batch, context) / (1 - busy);
  const batch = role === "prefill" ? 0 : steadyBatch(rate * demand.outputTokens, gapMs, maxSequences);
  if (batch === undefined) return OVERLOADED;
  const full = Math.min(maxSequences, batch + Z99 * Math.sqrt(batch));
  const interruptions = { rate: rate * promptShare, ownMs, gapMs: gapMs(batch), outputTokens: demand.outputTokens };
  const itlP99Ms = gapMs(full) + interruptionsP99(interruptions);
  if (role === "decode" && promptShare < SELDOM) return { ttftP99Ms: gapMs(full), itlP99Ms };
  const beside = { ...prefill, decodeSequences: full, decodeContext: full * context };
  const ttftP99Ms = cost.overheadMs(demand.promptTokens) + waitP99(busy, ownMs) + cost.prefillMs(beside);
  return { ttftP99Ms, itlP99Ms: role === "prefill" ? 0 : itlP99Ms };
}

/** The 10th percentile of an exponential distribution ÷ its mean: the mean gap of a short answer suffers most. */
const SHORT_ANSWER = 0.105;

interface Interruptions {
  readonly rate: number;
  readonly ownMs: number;
  readonly gapMs: number;
  readonly outputTokens: number;
}

/**
 * More prompts than on average come while a short answer is made: a compound Poisson sum with exponential prompt times has the
 * variance 2 · rate · time · prompt time².
 */
function interruptionsP99({ rate, ownMs, gapMs, outputTokens }: Interruptions): number {
  const tokens = Math.max(1, SHORT_ANSWER * outputTokens);
  return (Z99 * ownMs * Math.sqrt(2 * rate * tokens * gapMs)) / tokens;
}

function decodeStepMs({ cost }: WorkerCapacity, batch: number, context: number): number {
  const sequences = Math.max(1, batch);
  return cost.stepMs({
    tokens: sequences,
    decodeSequences: sequences,
    decodeContext: sequences * context,
    prefillPairs: 0,
  });
}

/** Little's law, batch = tokens per ms × ms per step; undefined when it settles nowhere below the limit. */
function steadyBatch(tokensPerMs: number, gapMs: (batch: number) => number, limit: number): number | undefined {
  let batch = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const next = tokensPerMs * gapMs(batch);
    if (next > limit) return undefined;
    if (next - batch < 0.01) return next;
    batch = next;
  }
  return undefined;
}

/** M/M/1: P(wait > t) = ρ · exp(−(1 − ρ) t / service). */
function waitP99(busy: number, serviceMs: number): number {
  return Math.max(0, (serviceMs * Math.log(100 * busy)) / (1 - busy)) || 0;
}
