// kv_aware: the lowest predicted cost in GPU time, cached prefixes counted (architecture.md §5).
import { type CostSettings, DEFAULT_COST, type RouteCost, routeCost } from "./cost.ts";
import { decide } from "./decide.ts";
import type { Policy } from "./policy.ts";

/** Differences below this are noise of the prediction: 1 ms, or 2 % (the TPOT error of the step model is about 3 %). */
const TIE_MS = 1;
const TIE_SHARE = 0.02;

export function kvAware(settings: Partial<CostSettings> = {}): Policy {
  const name = "kv_aware";
  const all = { ...DEFAULT_COST, ...settings };
  let values = new Float64Array(64);
  return {
    name,
    choose(request, candidates, random) {
      if (values.length < candidates.length) values = new Float64Array(2 * candidates.length);
      const costs: RouteCost[] = [];
      let lowest = Number.POSITIVE_INFINITY;
      for (const [i, candidate] of candidates.entries()) {
        const cost = routeCost(request, candidate, all);
        costs.push(cost);
        values[i] = cost.totalMs;
        lowest = Math.min(lowest, cost.totalMs);
      }
      const detail = (i: number) => ({ cachedTokens: costs[i]?.cachedTokens ?? 0, ttftMs: costs[i]?.ttftMs });
      const tie = { margin: TIE_MS + TIE_SHARE * lowest, choices: "two" } as const;
      return decide(candidates, { policy: name, values, ...tie, detail }, random);
    },
  };
}
