// How many prompt tokens a worker will not have to prefill, as vLLM counts them.
import type { Candidate, RouteRequest } from "./policy.ts";

/** Whole blocks only, and never the last token: vLLM always computes at least one (`max_cache_hit_length = num_tokens - 1`). */
export function cachedTokens(request: RouteRequest, { overlapBlocks, blockSize }: Candidate): number {
  const usable = Math.floor(Math.max(0, request.promptTokens - 1) / blockSize);
  return Math.min(overlapBlocks, usable) * blockSize;
}
