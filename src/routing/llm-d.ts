// Two policies of llm-d's router: the weighted blend that is built in, and "sticky until saturated" that its guides recommend.
import type { Candidate, Policy, RouteRequest } from "./policy.ts";
import { hitRatio, kvUsage, scoredPolicy } from "./scored-policy.ts";

export interface LlmdWeights {
  readonly prefix: number;
  readonly queue: number;
  readonly kv: number;
}

/** pkg/epp/config/loader/defaults.go: prefix-cache 3, queue 2, kv-cache-utilization 2, max-score picker. */
const WEIGHTS: LlmdWeights = { prefix: 3, queue: 2, kv: 2 };

/** Scores are 0…1 each; the cost is what is missing to a full score. */
export function llmdWeighted(weights: Partial<LlmdWeights> = {}): Policy {
  const { prefix, queue, kv } = { ...WEIGHTS, ...weights };
  return scoredPolicy("llmd_weighted", (request, candidates) => {
    const waiting = candidates.map(({ load }) => load.prefillRequests);
    const [least, most] = [Math.min(...waiting), Math.max(...waiting)];
    return Float64Array.from(candidates, (candidate) => {
      const queueScore = most === least ? 1 : (most - candidate.load.prefillRequests) / (most - least);
      const score = prefix * hitRatio(request, candidate) + queue * queueScore + kv * (1 - kvUsage(candidate));
      return prefix + queue + kv - score;
    });
  });
}

export interface LlmdStickySettings {
  /** Workers with at least this share of the prompt keep it … */
  readonly affinityThreshold: number;
  /** … until their predicted TTFT is this much worse than the others' best. */
  readonly maxTtftPenaltyMs: number;
  /** Uncached tokens a second; llm-d's figure for Qwen3-32B on two H100. */
  readonly peakPrefillThroughput: number;
}

/** prefix-cache-affinity-filter of llm-d's router (2026-08-17). */
const STICKY: LlmdStickySettings = {
  affinityThreshold: 0.8,
  maxTtftPenaltyMs: 18_000,
  peakPrefillThroughput: 15_928,
};

/** The filter, then the token-load scorer: fewest uncached tokens in flight, our own included. */
export function llmdSticky(settings: Partial<LlmdStickySettings> = {}): Policy {
  const { affinityThreshold, maxTtftPenaltyMs, peakPrefillThroughput } = { ...STICKY, ...settings };
  const ttftMs = (candidate: Candidate) => (1000 * candidate.load.prefillTokens) / peakPrefillThroughput;
  return scoredPolicy("llmd_sticky", (request, candidates) => {
    const isSticky = candidates.map((candidate) => hitRatio(request, candidate) >= affinityThreshold);
    const best = (sticky: boolean) => Math.min(...candidates.filter((_, i) => isSticky[i] === sticky).map(ttftMs));
    const isFiltered = isSticky.includes(true) && !(best(true) - best(false) > maxTtftPenaltyMs);
    return Float64Array.from(candidates, (candidate, i) =>
      isFiltered && isSticky[i] !== true ? Number.MAX_VALUE : tokensInFlight(request, candidate),
    );
  });
}

function tokensInFlight(request: RouteRequest, candidate: Candidate): number {
  return candidate.load.prefillTokens + request.promptTokens * (1 - hitRatio(request, candidate));
}
