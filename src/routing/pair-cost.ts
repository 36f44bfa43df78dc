// What the two legs of a request cost when one worker computes its prompt and another one its answer; all in ms of predicted time.
import { cachedTokens } from "./cached-tokens.ts";
import { type CostSettings, evictedTokens, harm, ownPrefillMs, tokenMs, waitTime } from "./cost.ts";
import type { Candidate, RouteRequest } from "./policy.ts";
import { stepTable } from "./step-table.ts";
import { decodeLoad, fullDecodeLoad, prefillAhead } from "./worker-view.ts";

export interface LegCost {
  readonly cachedTokens: number;
  /** Until the leg's first token. */
  readonly ttftMs: number;
  /** With the harm to others and the regret of evicted blocks. */
  readonly totalMs: number;
}

/** The prompt and one token: nothing here stays to decode. */
export function prefillLegCost(request: RouteRequest, candidate: Candidate, settings: CostSettings): LegCost {
  const { cost, load, slowdown } = candidate;
  const cached = cachedTokens(request, candidate);
  const uncached = Math.max(1, request.promptTokens - cached);
  const ahead = prefillAhead(load);
  const work = { tokens: ahead.tokens + uncached, pairs: ahead.pairs + uncached * (cached + uncached / 2) };
  const table = stepTable(cost);
  const ttftMs = slowdown * (cost.overheadMs(request.promptTokens) + table.prefillMs(work, decodeLoad(load)));
  const workMs = slowdown * (settings.workWeight - 1) * ownPrefillMs(uncached, cached, table);
  return { cachedTokens: cached, ttftMs, totalMs: ttftMs + workMs + regret(uncached, candidate, settings) };
}

/** The answer, once the prompt's KV is here: a place among the running, one step, and what a longer batch costs the others. */
export function decodeLegCost(request: RouteRequest, candidate: Candidate, settings: CostSettings): LegCost {
  const { cost, load, slowdown } = candidate;
  const cached = cachedTokens(request, candidate);
  const missing = Math.max(1, request.promptTokens - cached);
  const running = fullDecodeLoad(load);
  const table = stepTable(cost);
  const decodeMs = table.decodeMs(running);
  const after = { sequences: running.sequences + 1, context: running.context + request.promptTokens };
  const aheadMs = table.prefillMs(prefillAhead(load), decodeLoad(load));
  const waitMs = waitTime(missing, candidate, running) * settings.expectedOutputTokens * decodeMs;
  const ttftMs = slowdown * (cost.overheadMs(request.promptTokens) + waitMs + aheadMs + table.decodeMs(after));
  const harmMs = slowdown * harm(request, candidate, { running, decodeMs, settings });
  return { cachedTokens: cached, ttftMs, totalMs: ttftMs + harmMs + regret(missing, candidate, settings) };
}

function regret(uncached: number, candidate: Candidate, { reuseProbability }: CostSettings): number {
  return candidate.slowdown * reuseProbability * evictedTokens(uncached, candidate) * tokenMs(candidate);
}
