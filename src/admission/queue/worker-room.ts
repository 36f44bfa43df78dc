// Has a worker room for a request, by the engine's own limits: sequences, KV capacity, tokens of a step; and by the promised gap between tokens.
import { type Candidate, DEFAULT_COST, routeCost, type RouteRequest, stepTable } from "../../routing/index.ts";

export interface RoomQuestion {
  readonly request: RouteRequest;
  readonly candidate: Candidate;
  /** Promised; undefined = not promised. */
  readonly itlMs: number | undefined;
}

/** One step runs, the next one is full: what is sent on top of it would only wait in the engine, out of order. */
const STEPS_AHEAD = 2;
/** Of the KV cache: answers grow. */
const KV_SHARE = 0.95;
/** Of the promise: prefills between two tokens take the rest. */
const ITL_SHARE = 0.7;

/** An idle worker always has room: a request that fits no better later must not wait for ever. */
export function hasRoom({ request, candidate, itlMs }: RoomQuestion): boolean {
  const { load, maxSequences, cost, slowdown } = candidate;
  const sequences = load.prefillRequests + load.decodeRequests + load.foreignRequests;
  if (sequences === 0) return true;
  if (maxSequences !== undefined && sequences >= maxSequences) return false;
  const table = stepTable(cost);
  if (load.prefillTokens > 0 && load.prefillTokens + request.promptTokens > STEPS_AHEAD * table.stepTokens)
    return load.prefillTokens < table.stepTokens && fitsKv(request, candidate);
  if (!fitsKv(request, candidate)) return false;
  if (itlMs === undefined) return true;
  const after = { sequences: sequences + 1, context: load.contextTokens + request.promptTokens };
  return slowdown * table.decodeMs(after) <= ITL_SHARE * itlMs;
}

function fitsKv({ promptTokens }: RouteRequest, candidate: Candidate): boolean {
  const { load, kvBlocks, blockSize, kvUsage, overlapBlocks } = candidate;
  if (kvBlocks === undefined) return true;
  const own = load.contextTokens / blockSize;
  // Our own sum counts shared prefixes once per request.
  const used = kvUsage === undefined ? own : Math.min(own, kvUsage * kvBlocks + load.prefillTokens / blockSize);
  const needed = Math.max(1, promptTokens / blockSize - overlapBlocks);
  return used + needed <= KV_SHARE * kvBlocks;
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
