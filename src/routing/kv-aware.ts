// kv_aware: the lowest predicted cost in GPU time, cached prefixes counted (architecture.md §5).
import { pricing } from "./cheapest.ts";
import { type CostSettings, DEFAULT_COST, routeCost } from "./cost.ts";
import { decide } from "./decide.ts";
import type { Policy } from "./policy.ts";

/** Differences below this are noise of the prediction: 1 ms, or 2 % (the TPOT error of the step model is about 3 %). */
const TIE_MS = 1;
const TIE_SHARE = 0.02;

/** Chooses as if it priced every candidate. */
export function kvAware(settings: Partial<CostSettings> = {}, { prunes = true } = {}): Policy {
  const name = "kv_aware";
  const all = { ...DEFAULT_COST, ...settings };
  const price = pricing({ settings: all, tieEnd, prunes });
  return {
    name,
    settles: true,
    choose(request, candidates, random) {
      const { values, lowest } = price(request, candidates);
      const detail = (i: number) => {
        const { cachedTokens = 0, ttftMs } = candidates[i] ? routeCost(request, candidates[i], all) : {};
        return { cachedTokens, ttftMs };
      };
      const tie = { margin: tieEnd(lowest) - lowest, choices: "two" } as const;
      return decide(candidates, { policy: name, values, ...tie, detail }, random);
    },
  };
}

function tieEnd(lowest: number): number {
  return lowest + TIE_MS + TIE_SHARE * lowest;
}
