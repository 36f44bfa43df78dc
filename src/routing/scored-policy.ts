// A policy that is one formula over each candidate; the baselines of others are written with it.
import { cachedTokens } from "./cached-tokens.ts";
import { type Costs, decide } from "./decide.ts";
import type { Candidate, Policy, RouteRequest } from "./policy.ts";

/** One cost a candidate, lower wins; sees all candidates, since many formulas normalise over them. */
export type CostFormula = (request: RouteRequest, candidates: readonly Candidate[]) => Float64Array;

export interface FormulaTies {
  readonly margin?: number;
  readonly choices?: "one" | "two";
}

export function scoredPolicy(name: string, formula: CostFormula, ties: FormulaTies = {}): Policy {
  const { margin = 0, choices = "one" } = ties;
  return {
    name,
    choose(request, candidates, random) {
      const values = formula(request, candidates);
      const detail = cachedDetail(request, candidates);
      return decide(candidates, { policy: name, values, margin, choices, detail }, random);
    },
  };
}

/** What a formula's receipt tells of candidate i: it predicts no time. */
export function cachedDetail(request: RouteRequest, candidates: readonly Candidate[]): Costs["detail"] {
  return (i) => {
    const candidate = candidates[i];
    return { cachedTokens: candidate ? cachedTokens(request, candidate) : 0, ttftMs: undefined };
  };
}

/** Share of the prompt's full blocks that the candidate holds, 0…1. */
export function hitRatio({ promptBlocks }: RouteRequest, { overlapBlocks }: Candidate): number {
  return promptBlocks === 0 ? 0 : Math.min(1, overlapBlocks / promptBlocks);
}

/** Share of the KV capacity in use: scraped, else by our own account. */
export function kvUsage({ kvUsage, kvBlocks, load, blockSize }: Candidate): number {
  if (kvUsage !== undefined) return kvUsage;
  return kvBlocks === undefined ? 0 : Math.min(1, load.contextTokens / blockSize / kvBlocks);
}
