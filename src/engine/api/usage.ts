// The usage object of an answer: field order and presence as vLLM writes them, which differs between unary, stream and route.

export interface UsageCounts {
  readonly prompt: number;
  readonly completion: number;
  readonly cached: number;
  /** Prompt tokens in full blocks that were not cached before; completions report null instead. */
  readonly created: number | null;
}

export function unaryUsage(counts: UsageCounts, details: boolean): object {
  return {
    ...totals(counts),
    prompt_tokens_details: details
      ? { cached_tokens: counts.cached, created_cache_tokens: counts.created, multimodal_tokens: null }
      : null,
    completion_tokens_details: null,
  };
}

/** The last chunk's usage: unset fields are left out there. */
export function finalUsage(counts: UsageCounts, details: boolean): object {
  if (!details) return totals(counts);
  const created = counts.created === null ? {} : { created_cache_tokens: counts.created };
  return { ...totals(counts), prompt_tokens_details: { cached_tokens: counts.cached, ...created } };
}

export function totals(counts: UsageCounts): object {
  const total_tokens = counts.prompt + counts.completion;
  return { prompt_tokens: counts.prompt, total_tokens, completion_tokens: counts.completion };
}

/** Tokens in full blocks of a prompt that were computed now. */
export function createdCacheTokens(prompt: number, cached: number, blockSize: number): number {
  return Math.max(0, Math.floor(prompt / blockSize) * blockSize - cached);
}
