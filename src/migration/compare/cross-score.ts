// The candidate's answer as the legacy engine rates it: one prefill with prompt logprobs tells whether it would have said it.

/** A token of the candidate's answer, scored by the legacy arm. */
export interface ScoredToken {
  readonly logprob: number;
  /** 1 is the legacy's own first choice. */
  readonly rank: number;
}

export interface CrossScore {
  readonly tokens: number;
  readonly meanLogprob: number;
  readonly perplexity: number;
  /** Share of tokens beyond the legacy's ten most likely. */
  readonly beyondTen: number;
  readonly worstRank: number;
}

export function crossScore(tokens: readonly ScoredToken[]): CrossScore | undefined {
  if (tokens.length === 0) return undefined;
  const meanLogprob = tokens.reduce((sum, { logprob }) => sum + logprob, 0) / tokens.length;
  return {
    tokens: tokens.length,
    meanLogprob,
    perplexity: Math.exp(-meanLogprob),
    beyondTen: tokens.filter(({ rank }) => rank > 10).length / tokens.length,
    worstRank: tokens.reduce((worst, { rank }) => Math.max(worst, rank), 1),
  };
}
