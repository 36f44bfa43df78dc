// Which workers have room for a request, by the engine's own limits: sequences, KV capacity, tokens of a step; and by the promised gap between tokens.
import { type Candidate, DEFAULT_COST, routeCost, type RouteRequest, stepTable } from "../../routing/index.ts";
import type { Yielding } from "./fair-queue.ts";

export interface RoomQuestion {
  readonly request: RouteRequest;
  /** The workers that may serve it. */
  readonly candidates: readonly Candidate[];
  /** Promised; undefined = not promised. */
  readonly itlMs: number | undefined;
  readonly yields: Yielding;
}

type Question = Omit<RoomQuestion, "candidates">;

/** Prefill in front of a prompt, in full steps: more would only wait in the engine, out of order. A prompt's own length does not count: a long one would begin later in the gateway than in the engine. */
const STEPS_AHEAD = 0.5;
/** Of the KV cache: answers grow. */
const KV_SHARE = 0.95;
/** Of the promise, which is of single answers: prefills come in bursts. */
const ITL_SHARE = 0.75;

/** To the request, or to one that is there. */
function promisedMs(itlMs: number | undefined, { promisedItlMs }: Candidate): number | undefined {
  if (itlMs === undefined || promisedItlMs === undefined) return itlMs ?? promisedItlMs;
  return Math.min(itlMs, promisedItlMs);
}

/** Who yields fills this much of each limit: the rest is free for others at any moment. Both chosen on the scenarios of docs/admission.md. */
const SHARE: Readonly<Record<Yielding, number>> = { none: 1, some: 0.8, all: 0.56 };

/** Which of the workers have room. */
export function roomOf({ candidates, ...question }: RoomQuestion): boolean[] {
  const unoccupied = candidates.reduce((count, { load }) => count + (load.prefillTokens === 0 ? 1 : 0), 0);
  return candidates.map(
    (candidate) =>
      hasRoom(question, candidate) &&
      (question.yields !== "all" || candidates.length === 1 || leavesOne(question, candidate, unoccupied)),
  );
}

/** An idle worker always has room: a request that fits no better later must not wait for ever. */
function hasRoom({ request, itlMs, yields }: Question, candidate: Candidate): boolean {
  const { load, maxSequences, cost } = candidate;
  const sequences = load.prefillRequests + load.decodeRequests + load.foreignRequests;
  if (sequences === 0) return true;
  const share = SHARE[yields];
  if (maxSequences !== undefined && sequences >= share * maxSequences) return false;
  const mostAhead = yields === "none" ? STEPS_AHEAD * stepTable(cost).stepTokens : 0;
  if (load.prefillTokens > mostAhead) return false;
  return fitsKv(request, candidate, share) && keepsGap(gapMs(request, candidate), { itlMs, yields }, candidate);
}

/**
 * A step is not taken back: who comes next waits for the end of the one that runs. So a prompt of batch begins only while another
 * worker could begin at once, if there is another one, or when a step with it is as short as a gap between tokens has to be.
 */
function leavesOne({ request, itlMs, yields }: Question, candidate: Candidate, unoccupied: number): boolean {
  const others = unoccupied - (candidate.load.prefillTokens === 0 ? 1 : 0);
  if (others > 0) return true;
  const isPromised = promisedMs(itlMs, candidate) !== undefined;
  return isPromised && keepsGap(stepMs(request, candidate), { itlMs, yields }, candidate);
}

function keepsGap(ms: number, { itlMs, yields }: Omit<Question, "request">, candidate: Candidate): boolean {
  const limitMs = promisedMs(itlMs, candidate) ?? Number.POSITIVE_INFINITY;
  return candidate.slowdown * ms <= SHARE[yields] * ITL_SHARE * limitMs;
}

/** One step, or more, with all of its prompt that is not cached, while the others go on. */
function stepMs({ promptTokens }: RouteRequest, { load, cost, blockSize, overlapBlocks }: Candidate): number {
  const cached = Math.min(promptTokens - 1, overlapBlocks * blockSize);
  const tokens = Math.max(1, promptTokens - cached);
  const decode = { sequences: load.decodeRequests + load.foreignRequests, context: load.contextTokens };
  return stepTable(cost).prefillMs({ tokens, pairs: tokens * (cached + tokens / 2) }, decode);
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
