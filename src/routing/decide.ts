// From the costs of all candidates to a decision with its reason and runners-up.
import type { Random } from "../core/index.ts";
import type { Candidate, RouteDecision, RouteScore } from "./policy.ts";
import { breakTie, type TieRule } from "./tie-break.ts";

/** Score of the chosen one and up to three runners-up. */
export const MAX_SCORES = 4;

export interface Costs extends TieRule {
  readonly policy: string;
  /** `values[i]` is the cost of candidate i; lower wins. */
  readonly values: Float64Array;
  /** What belongs into the receipt beside the cost. */
  detail(index: number): { readonly cachedTokens: number; readonly ttftMs: number | undefined };
}

export function decide(candidates: readonly Candidate[], costs: Costs, random: Random): RouteDecision {
  const { index, isTie } = breakTie(candidates, costs.values, costs, random);
  const tie = costs.choices === "two" ? "tie, two random choices" : "tie, random choice";
  return decisionFor(candidates, costs, { index, reason: isTie ? tie : "lowest cost" });
}

interface Pick {
  readonly index: number;
  readonly reason: string;
}

/** Whoever picked it. */
export function decisionFor(
  candidates: readonly Candidate[],
  costs: Omit<Costs, keyof TieRule>,
  { index, reason }: Pick,
): RouteDecision {
  const chosen = candidates[index];
  if (chosen === undefined) throw new RangeError("a policy needs at least one candidate");
  const scores = [index, ...runnersUp(costs.values, candidates.length, index)].map((i): RouteScore => {
    const worker = candidates[i]?.id ?? "";
    return { worker, cost: costs.values[i] ?? 0, ...costs.detail(i) };
  });
  return { chosen, policy: costs.policy, reason, scores };
}

/** Indices of the lowest costs without the chosen one, rising. */
function runnersUp(values: Float64Array, count: number, chosen: number): number[] {
  const best: number[] = [];
  for (let i = 0; i < count; i++) {
    if (i === chosen) continue;
    let at = best.length;
    while (at > 0 && (values[i] ?? 0) < (values[best[at - 1] ?? 0] ?? 0)) at--;
    if (at >= MAX_SCORES - 1) continue;
    best.splice(at, 0, i);
    if (best.length === MAX_SCORES) best.pop();
  }
  return best;
}
