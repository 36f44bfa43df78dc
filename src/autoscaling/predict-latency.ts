// The P99 latencies that workers give at a demand: a closed form over their step times.
import { EXPONENTIAL } from "./answer-shape.ts";
import type { Demand, Latency } from "./pool-sample.ts";
import type { WorkerCapacity } from "./scale-settings.ts";
import { gapP99 } from "./interruptions.ts";
import { sojournP99 } from "./erlang.ts";
import { SELDOM } from "./seldom.ts";

/** Where no answer is finite. */
const OVERLOADED: Latency = { ttftP99Ms: Infinity, itlP99Ms: Infinity };
/** Above this share of time in prefill the queue's length is a matter of luck. */
const MOST_PREFILL = 0.95;
/** 99th percentile of a normal distribution; a batch is a sum of many independent requests. */
const Z99 = 2.326;
const ROUNDS = 60;
const DEFAULT_SEQUENCES = 1024;

/** `demand`: of one of `replicas` workers that share what comes evenly. */
export function predictLatency(worker: WorkerCapacity, demand: Demand, replicas = 1): Latency {
  const { role, cost, maxSequences = DEFAULT_SEQUENCES } = worker;
  const rate = demand.requestsPerSecond / 1000;
  const promptShare = role === "decode" ? (demand.wholeShare ?? 0) : 1;
  const uncached = Math.max(1, demand.promptTokens - demand.cachedTokens);
  const prefill = { cached: demand.cachedTokens, uncached };
  const ownMs = cost.prefillMs({ ...prefill, decodeSequences: 0, decodeContext: 0 });
  const context = demand.promptTokens + demand.outputTokens / 2;
  const stepMs = (batch: number): number => decodeStepMs(worker, batch, context);
  // In the step that computes a prompt every answer gets its token too.
  const delayMs = Math.max(ownMs / 2, ownMs - stepMs(1));
  const busy = rate * promptShare * ownMs;
  if (busy >= MOST_PREFILL) return OVERLOADED;
  const gapMs = (batch: number): number => stepMs(batch) / (1 - rate * promptShare * delayMs);
  const batch = role === "prefill" ? 0 : steadyBatch(rate * demand.outputTokens, gapMs, maxSequences);
  if (batch === undefined) return OVERLOADED;
  const spread = Math.sqrt(batch / replicas);
  const full = Math.min(maxSequences, batch + Z99 * spread);
  // Of a hundred requests the slowest has no prompt here.
  if (role === "decode" && promptShare < SELDOM) return { ttftP99Ms: gapMs(full), itlP99Ms: gapMs(full) };
  const steps = [-1, 0, 1].map((side) => stepMs(Math.max(0, batch + side * Math.sqrt(3) * spread)));
  const serviceMs = cost.prefillMs({ ...prefill, decodeSequences: full, decodeContext: full * context });
  const startMs = cost.overheadMs(demand.promptTokens) + (role === "prefill" ? 0 : stepMs(batch) / 2);
  const ttftP99Ms = startMs + sojournP99({ busy, serviceMs, replicas });
  const prompts = {
    perMs: rate * promptShare,
    delayMs,
    replicas,
    outputTokens: demand.outputTokens,
    shape: demand.answerShape ?? EXPONENTIAL,
  };
  return { ttftP99Ms, itlP99Ms: role === "prefill" ? 0 : gapP99(steps, prompts) };
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
