// The routing cost of architecture.md §5: predicted TTFT, plus the harm to others, plus the regret of evicted blocks.
import type { RunningAnswer, WorkerLoad } from "../fleet/index.ts";
import { cachedTokens } from "./cached-tokens.ts";
import type { Candidate, RouteRequest } from "./policy.ts";
import { gapLimitMs, lateMs } from "./promises.ts";
import { type DecodeLoad, type StepTable, stepTable } from "./step-table.ts";
import { decodeLoad, fullDecodeLoad, prefillAhead, requests } from "./worker-view.ts";

export interface CostSettings {
  /** Output length to expect of a request and of what runs: the mean of Mooncake's conversation trace is 343. */
  readonly expectedOutputTokens: number;
  /** A mean gap between tokens above this is taken for a missed objective, where no request is promised another one. */
  readonly tpotSloMs: number;
  /** Probability that an evicted block would have been asked for again. */
  readonly reuseProbability: number;
  /**
   * What a ms of own prefill counts, a ms of waiting being 1: it keeps all who come later waiting, at utilisation ρ
   * ρ / (1 − ρ) ms, and is what a cached prefix saves. 4 belongs to ρ = 0.75.
   */
  readonly workWeight: number;
  /** What it counts when another request on the worker misses its gap because of our prefill. */
  readonly missMs: number;
  /** What a ms counts by which its own first token comes after it is promised, beside the ms itself. */
  readonly lateWeight: number;
}

/** reuseProbability: of all blocks about .37 are asked for again (Mooncake's conversations, simulation.md §5.3), of the least recently used ones far fewer. */
export const DEFAULT_COST: CostSettings = {
  expectedOutputTokens: 256,
  tpotSloMs: 100,
  reuseProbability: 0.1,
  workWeight: 4,
  missMs: 30_000,
  lateWeight: 10,
};

/** The slow-down of decoding counts in full from this share of the limit on. */
const FULL_HARM = 0.4;

/** All in ms of this worker's GPU time. */
export interface RouteCost {
  readonly cachedTokens: number;
  /** Wait, prefill of what is ahead and of our own, fixed overheads. */
  readonly ttftMs: number;
  /** What our work keeps from others: time of the GPU, objectives that they may miss, slower decoding. */
  readonly harmMs: number;
  /** Recomputation that evicted blocks will cost. */
  readonly regretMs: number;
  /** Its first token comes after it is promised. */
  readonly lateMs: number;
  readonly totalMs: number;
}

export function routeCost(request: RouteRequest, candidate: Candidate, settings: CostSettings): RouteCost {
  const totalMs = totalCost(request, candidate, settings, true);
  return { ...parts, totalMs };
}

/**
 * At most what `routeCost` says once the candidate is settled: tokens that answers have got only lengthen steps, blocks that have
 * gone only lengthen our prefill, and the answers that miss their objective because they have just begun are left out.
 */
export function leastCost(request: RouteRequest, candidate: Candidate, settings: CostSettings): number {
  return ROUNDING * totalCost(request, candidate, settings, false);
}

/** At most `leastCost`, and nearly free to tell: our own prefill and those ahead, on a worker that decodes nothing, and what waits for it. */
export function leastWork(request: RouteRequest, candidate: Candidate, settings: CostSettings): number {
  const { cost, load, slowdown } = candidate;
  const cached = cachedTokens(request, candidate);
  const uncached = Math.max(1, request.promptTokens - cached);
  const table = stepTable(cost);
  const ownMs = slowdown * ownPrefillMs(uncached, cached, table);
  const aloneMs = slowdown * cost.overheadMs(request.promptTokens) + settings.workWeight * ownMs;
  // Nobody waits there: true of most.
  if (load.prefillRequests === 0 && load.prefillTokens === 0) return ROUNDING * aloneMs;
  const limitMs = gapLimitMs(request, candidate, settings);
  const missed = (load.prefillRequests * ownMs) / (ownMs + limitMs * settings.expectedOutputTokens);
  const { tokens, pairs } = prefillAhead(load);
  const withAhead = { tokens: tokens + uncached, pairs: pairs + uncached * (cached + uncached / 2) };
  const waitMs = Math.max(0, slowdown * table.prefillMs(withAhead, IDLE) - ownMs);
  return ROUNDING * (aloneMs + waitMs + settings.missMs * missed);
}

/**
 * At most the slow-down of decoding that `leastCost` counts, from the number of requests alone: their context lengthens all steps alike,
 * and only how much the slow-down weighs grows with it. With `leastWork` it leaves most of a large fleet out.
 */
export function leastHarm(request: RouteRequest, candidate: Candidate, settings: CostSettings): number {
  const { load, slowdown } = candidate;
  const sequences = requests(load);
  if (sequences <= 0) return 0;
  const table = stepTable(candidate.cost);
  if (byNumber.table !== table || byNumber.promptTokens !== request.promptTokens) {
    byNumber.table = table;
    byNumber.promptTokens = request.promptTokens;
    byNumber.afterMs.fill(Number.NaN);
  }
  const { afterMs, slowerMs } = byNumber;
  if (sequences >= afterMs.length) return 0;
  if (Number.isNaN(afterMs[sequences])) {
    const after = table.decodeMs({ sequences: sequences + 1, context: request.promptTokens });
    afterMs[sequences] = after;
    slowerMs[sequences] = after - table.decodeMs({ sequences, context: 0 });
  }
  const full = FULL_HARM * gapLimitMs(request, candidate, settings);
  const weight = Math.min(1, (slowdown * (afterMs[sequences] ?? 0)) / full);
  return ROUNDING * slowdown * weight * (slowerMs[sequences] ?? 0) * settings.expectedOutputTokens * (sequences + 1);
}

/** For one prompt on one kind of worker: a step with it beside so many requests, and by how much that is longer. */
const byNumber = {
  table: undefined as StepTable | undefined,
  promptTokens: -1,
  afterMs: new Float64Array(1024),
  slowerMs: new Float64Array(1024),
};

/** A sum in another order may be larger by a rounding. */
const ROUNDING = 1 - 1e-9;

/** Of the last call of `totalCost`: an object for each of a thousand candidates costs more than the arithmetic. */
const parts = { cachedTokens: 0, ttftMs: 0, harmMs: 0, regretMs: 0, lateMs: 0 };

/**
 * Unsettled, less is known of answers that have begun than may be true, so that they do not count. Four parameters, for an object
 * for each of a thousand candidates costs more than the arithmetic.
 */
function totalCost(request: RouteRequest, candidate: Candidate, settings: CostSettings, settled: boolean): number {
  const { cost, load, slowdown } = candidate;
  const cached = cachedTokens(request, candidate);
  const uncached = Math.max(1, request.promptTokens - cached);
  const ahead = prefillAhead(load);
  const running = fullDecodeLoad(load);
  const work = { tokens: ahead.tokens + uncached, pairs: ahead.pairs + uncached * (cached + uncached / 2) };
  const table = stepTable(cost);
  const prefillMs = table.prefillMs(work, decodeLoad(load));
  const decodeMs = table.decodeMs(running);
  const waitMs = waitTime(uncached, candidate, running) * settings.expectedOutputTokens * decodeMs;
  const ownMs = ownPrefillMs(uncached, cached, table);
  const limitMs = gapLimitMs(request, candidate, settings);
  stall.nowMs = request.nowMs ?? Number.NaN;
  stall.aheadMs = settled ? slowdown * table.prefillMs(ahead, decodeLoad(load)) : 0;
  stall.ownMs = slowdown * ownMs;
  stall.spareMs = Math.max(LEAST_SPARE * limitMs, limitMs - slowdown * decodeMs);
  stall.perCountMs = limitMs * (load.tokensPerCount ?? 1);
  stall.expectedMs = stall.spareMs * settings.expectedOutputTokens;
  const workMs = (settings.workWeight - 1) * ownMs;
  const evicted = evictedTokens(uncached, candidate, settled ? 0 : requests(load));
  parts.cachedTokens = cached;
  parts.ttftMs = slowdown * (cost.overheadMs(request.promptTokens) + waitMs + prefillMs);
  parts.harmMs = slowdown * (workMs + harm(request, candidate, { running, decodeMs, settings }));
  parts.harmMs += settings.missMs * misses(load, settled);
  parts.regretMs = evicted === 0 ? 0 : slowdown * settings.reuseProbability * evicted * tokenMs(candidate);
  parts.lateMs = lateMs(request, parts.ttftMs, settings);
  return parts.ttftMs + parts.harmMs + parts.regretMs + parts.lateMs;
}

/** On an idle worker. Most workers hold nothing of a prompt, so it is the same on them. */
export function ownPrefillMs(uncached: number, cached: number, table: StepTable): number {
  if (own.table === table && own.uncached === uncached && own.cached === cached) return own.ms;
  own.table = table;
  own.uncached = uncached;
  own.cached = cached;
  own.ms = table.prefillMs({ tokens: uncached, pairs: uncached * (cached + uncached / 2) }, IDLE);
  return own.ms;
}

const own: { table: StepTable | undefined; uncached: number; cached: number; ms: number } = {
  table: undefined,
  uncached: 0,
  cached: 0,
  ms: 0,
};

/**
 * Queue wait in mean request lifetimes: the requests that must finish first, over those that finish side by side.
 * Short of slots: `over` of `maxSequences`. Short of KV blocks: the
 * missing ones, of those that fit at once.
 */
export function waitTime(uncached: number, candidate: Candidate, running: DecodeLoad): number {
  const { maxSequences, kvBlocks, blockSize } = candidate;
  const over = maxSequences === undefined ? 0 : Math.max(0, running.sequences + 1 - maxSequences) / maxSequences;
  if (kvBlocks === undefined) return over;
  const used = usedBlocks(candidate, running);
  const needed = Math.min(kvBlocks, Math.ceil(uncached / blockSize) + 1);
  const missing = Math.max(0, used + needed - kvBlocks);
  return missing === 0 ? over : Math.max(over, missing / Math.min(used, kvBlocks));
}

/** Our own sum counts shared prefixes once per request; a scrape, with what was sent and not yet computed, bounds it. */
function usedBlocks({ load, kvBlocks = 0, kvUsage, blockSize }: Candidate, running: DecodeLoad): number {
  const own = running.context / blockSize;
  return kvUsage === undefined ? own : Math.min(own, kvUsage * kvBlocks + load.prefillTokens / blockSize);
}

/** Tokens whose blocks must go to make room: nothing while the cache is not full. `heldBlocks` may be too high by `excess`. */
export function evictedTokens(
  uncached: number,
  { heldBlocks = 0, kvBlocks, blockSize }: Candidate,
  excess = 0,
): number {
  if (kvBlocks === undefined) return 0;
  const blocks = Math.ceil(uncached / blockSize);
  return blockSize * Math.min(blocks, Math.max(0, heldBlocks - excess + blocks - kvBlocks));
}

/**
 * Requests that our prefill, during which they stand still, would make miss their TPOT. An answer of n tokens can spare
 * n × (limit − step), so the short ones miss; how long answers get is not known: of n or fewer tokens are n / (n + expected)
 * of them. Who waits for a first token is as open to it as can be. What an answer has in hand already we see where its tokens
 * pass through us; of others we know at most how many there are.
 */
function misses(load: WorkerLoad, settled: boolean): number {
  const { ownMs, expectedMs } = stall;
  const waiting = (load.prefillRequests * ownMs) / (ownMs + expectedMs);
  if (!settled) return waiting;
  const { answers } = load;
  if (answers === undefined || Number.isNaN(stall.nowMs)) return waiting + missesByAge(load.answerAges);
  return waiting + missesBySlack(answers) + missesByAge(load.otherAges);
}

/**
 * An answer is behind the limit by what has passed since its first token, less limit × tokens since. It misses when that and the
 * time that it will stand still is more than it can still spare. What is ahead of us it stands still for in any case: where that
 * makes it miss, we no longer do. So work that must harm somebody goes where most is lost already.
 */
function missesBySlack(answers: readonly RunningAnswer[]): number {
  const { nowMs, aheadMs, ownMs, perCountMs, expectedMs } = stall;
  let missed = 0;
  for (const { startedAt, tokenCount } of answers) {
    const before = nowMs - startedAt - perCountMs * Math.max(0, tokenCount - 1) + aheadMs;
    const after = before + ownMs;
    if (after <= 0) continue;
    missed += after / (after + expectedMs);
    if (before > 0) missed -= before / (before + expectedMs);
  }
  return missed;
}

/** Taken to have got their tokens without a stall: they are up to now ahead of the limit by what each has spared. */
function missesByAge(ages: ArrayLike<number> | undefined): number {
  if (ages === undefined) return 0;
  const { ownMs, spareMs, expectedMs } = stall;
  let missed = 0;
  for (let age = 0, inHandMs = spareMs; age < ages.length && inHandMs < ownMs; age++, inHandMs *= 2) {
    missed += ((ages[age] ?? 0) * (ownMs - inHandMs)) / (ownMs - inHandMs + expectedMs);
  }
  return missed;
}

/** What stands still for our prefill, all in ms; of the last call of `totalCost`, as `parts` are. */
const stall = {
  /** By the clock of the ledger's answers; NaN when it is not told. */
  nowMs: Number.NaN,
  /** Prefill that waits already. */
  aheadMs: 0.5,
  ownMs: 0.5,
  /** What each token of an answer can spare. */
  spareMs: 0.5,
  /** What an event of an answer may take, so that the mean gap between tokens is no missed objective. */
  perCountMs: 0.5,
  /** What the tokens can spare that an answer is expected to get yet. */
  expectedMs: 0.5,
};

export function harm(
  request: RouteRequest,
  candidate: Candidate,
  now: { readonly running: DecodeLoad; readonly decodeMs: number; readonly settings: CostSettings },
): number {
  const { running, decodeMs, settings } = now;
  // Nobody is there to be harmed; the first step's own time is no slow-down.
  if (running.sequences <= 0) return 0;
  const { expectedOutputTokens } = settings;
  const after = { sequences: running.sequences + 1, context: running.context + request.promptTokens };
  const afterMs = stepTable(candidate.cost).decodeMs(after);
  const weight = Math.min(1, (candidate.slowdown * afterMs) / (FULL_HARM * gapLimitMs(request, candidate, settings)));
  return weight * (afterMs - decodeMs) * expectedOutputTokens * after.sequences;
}

/** Of the limit: where steps alone take more, all is lost anyway. */
const LEAST_SPARE = 0.1;
const IDLE: DecodeLoad = { sequences: 0, context: 0 };

export function tokenMs({ cost }: Candidate): number {
  return stepTable(cost).tokenMs;
}
