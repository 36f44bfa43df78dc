// Has a worker room for a request, by the engine's own limits: sequences, KV capacity, tokens of a step; and by the promised gap between tokens.
import { type Candidate, DEFAULT_COST, routeCost, type RouteRequest, stepTable } from "../../routing/index.ts";

export interface RoomQuestion {
  readonly request: RouteRequest;
  readonly candidate: Candidate;
  /** Promised; undefined = not promised. */
  readonly itlMs: number | undefined;
  /** It leaves some room free. */
  readonly yields: boolean;
}

/** Prefill in front of a prompt, in full steps: more would only wait in the engine, out of order. */
const STEPS_AHEAD = 0.5;
/** Of the KV cache: answers grow. */
const KV_SHARE = 0.95;
/** Of the promise, which is of single answers: prefills come in bursts. */
const ITL_SHARE = 0.75;

/** Who yields fills this much of each limit: the rest is free for others at any moment. */
const YIELDING_SHARE = 0.8;

/** An idle worker always has room: a request that fits no better later must not wait for ever. */
export function hasRoom({ request, candidate, itlMs, yields }: RoomQuestion): boolean {
  const { load, maxSequences, cost, slowdown } = candidate;
  const sequences = load.prefillRequests + load.decodeRequests + load.foreignRequests;
  if (sequences === 0) return true;
  const share = yields ? YIELDING_SHARE : 1;
  if (maxSequences !== undefined && sequences >= share * maxSequences) return false;
  if (yields && load.prefillTokens > 0) return false;
  const table = stepTable(cost);
  if (load.prefillTokens > 0 && load.prefillTokens + request.promptTokens > STEPS_AHEAD * table.stepTokens)
    return false;
  if (!fitsKv(request, candidate, share)) return false;
  if (itlMs === undefined) return true;
  return slowdown * gapMs(request, candidate) <= share * ITL_SHARE * itlMs;
}

/**
 * Mean gap between tokens once it runs too: while n sequences make a token each, n / answer length of them end and are
 * followed by others, whose prefills lengthen the step.
 */
function gapMs(request: RouteRequest, { load, cost }: Candidate): number {
  const table = stepTable(cost);
  const sequences = load.prefillRequests + load.decodeRequests + load.foreignRequests + 1;
  const after = { sequences, context: load.contextTokens + request.promptTokens };
  const tokens = after.context / sequences;
  const decodeMs = table.decodeMs(after);
  const prefillMs = table.prefillMs({ tokens, pairs: (tokens * tokens) / 2 }, after) - decodeMs;
  return decodeMs + (sequences / DEFAULT_COST.expectedOutputTokens) * Math.max(0, prefillMs);
}

function fitsKv({ promptTokens }: RouteRequest, candidate: Candidate, share: number): boolean {
  const { load, kvBlocks, blockSize, kvUsage, overlapBlocks } = candidate;
  if (kvBlocks === undefined) return true;
  const own = load.contextTokens / blockSize;
  // Our own sum counts shared prefixes once per request.
  const used = kvUsage === undefined ? own : Math.min(own, kvUsage * kvBlocks + load.prefillTokens / blockSize);
  const needed = Math.max(1, promptTokens / blockSize - overlapBlocks);
  return used + needed <= share * KV_SHARE * kvBlocks;
}

/** Predicted on the best of them; Infinity for none. */
export function bestTtftMs(request: RouteRequest, candidates: readonly Candidate[]): number {
  return candidates.reduce(
    (best, candidate) => Math.min(best, routeCost(request, candidate, DEFAULT_COST).ttftMs),
    Number.POSITIVE_INFINITY,
  );
}

/** GPU time: the prefill of its own, and its share of the steps of its answer. */
export function gpuMs(request: RouteRequest, candidate: Candidate, outputTokens: number): number {
  const { cost, blockSize, overlapBlocks, load, slowdown } = candidate;
  const cached = Math.min(request.promptTokens - 1, overlapBlocks * blockSize);
  const uncached = Math.max(1, request.promptTokens - cached);
  const table = stepTable(cost);
  const ownMs = table.prefillMs({ tokens: uncached, pairs: uncached * (cached + uncached / 2) }, IDLE);
  const sequences = load.decodeRequests + 1;
  const stepMs = table.decodeMs({ sequences, context: load.contextTokens + request.promptTokens });
  return slowdown * (ownMs + (outputTokens * stepMs) / sequences);
}

const IDLE = { sequences: 0, context: 0 };
