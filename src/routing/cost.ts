// The routing cost of architecture.md §5: predicted TTFT, plus the harm to others, plus the regret of evicted blocks.
import { cachedTokens } from "./cached-tokens.ts";
import type { Candidate, RouteRequest } from "./policy.ts";
import { type DecodeLoad, stepTable } from "./step-table.ts";
import { decodeLoad, fullDecodeLoad, prefillAhead } from "./worker-view.ts";

export interface CostSettings {
  /** Output length to expect of a request and of what runs: the mean of Mooncake's conversation trace is 343. */
  readonly expectedOutputTokens: number;
  /** Decode slow-down counts from `harmFrom` × this TPOT on, more and more, fully at this. */
  readonly tpotSloMs: number;
  readonly harmFrom: number;
  /** Probability that an evicted block would have been asked for again. */
  readonly reuseProbability: number;
  /**
   * What a ms of our own prefill costs for each request that decodes on the worker and stands still meanwhile. 1 would make
   * all waiting equal; less, since a stall is spread over an answer and a wait for the first token is not.
   */
  readonly stallWeight: number;
}

/** reuseProbability: of all blocks about .37 are asked for again (Mooncake's conversations, simulation.md §5.3), of the least recently used ones far fewer. */
export const DEFAULT_COST: CostSettings = {
  expectedOutputTokens: 256,
  tpotSloMs: 40,
  harmFrom: 0,
  reuseProbability: 0.1,
  stallWeight: 0.3,
};

/** All in ms of this worker's GPU time. */
export interface RouteCost {
  readonly cachedTokens: number;
  /** Wait, prefill of what is ahead and of our own, fixed overheads. */
  readonly ttftMs: number;
  /** Stall and slow-down of the decoding requests. */
  readonly harmMs: number;
  /** Recomputation that evicted blocks will cost. */
  readonly regretMs: number;
  readonly totalMs: number;
}

export function routeCost(request: RouteRequest, candidate: Candidate, settings: CostSettings): RouteCost {
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
  const ttftMs = slowdown * (cost.overheadMs(request.promptTokens) + waitMs + prefillMs);
  const ownMs = table.prefillMs({ tokens: uncached, pairs: uncached * (cached + uncached / 2) }, IDLE);
  const stallMs = settings.stallWeight * running.sequences * ownMs;
  const harmMs = slowdown * (stallMs + harm(request, candidate, { running, decodeMs, settings }));
  const regretMs = slowdown * settings.reuseProbability * evictedTokens(uncached, candidate) * tokenMs(candidate);
  return { cachedTokens: cached, ttftMs, harmMs, regretMs, totalMs: ttftMs + harmMs + regretMs };
}

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

/** Tokens whose blocks must go to make room: nothing while the cache is not full. */
export function evictedTokens(uncached: number, { heldBlocks = 0, kvBlocks, blockSize }: Candidate): number {
  if (kvBlocks === undefined) return 0;
  const blocks = Math.ceil(uncached / blockSize);
  return blockSize * Math.min(blocks, Math.max(0, heldBlocks + blocks - kvBlocks));
}

export function harm(
  { promptTokens }: RouteRequest,
  candidate: Candidate,
  now: { readonly running: DecodeLoad; readonly decodeMs: number; readonly settings: CostSettings },
): number {
  const { running, decodeMs, settings } = now;
  // Nobody is there to be harmed; the first step's own time is no slow-down.
  if (running.sequences <= 0) return 0;
  const { tpotSloMs, harmFrom, expectedOutputTokens } = settings;
  const after = { sequences: running.sequences + 1, context: running.context + promptTokens };
  const afterMs = stepTable(candidate.cost).decodeMs(after);
  const near = (candidate.slowdown * afterMs) / tpotSloMs;
  const weight = Math.min(1, Math.max(0, (near - harmFrom) / (1 - harmFrom)));
  return weight * (afterMs - decodeMs) * expectedOutputTokens * after.sequences;
}

const SAMPLE = { tokens: 2048, pairs: 2048 ** 2 / 2 };
const IDLE: DecodeLoad = { sequences: 0, context: 0 };

/** Prefill time of one token among many on an idle worker. */
export function tokenMs({ cost }: Candidate): number {
  return stepTable(cost).prefillMs(SAMPLE, IDLE) / SAMPLE.tokens;
}
