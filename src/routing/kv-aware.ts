// kv_aware: the lowest predicted cost in GPU time, cached prefixes counted (architecture.md §5).
import { type CostSettings, DEFAULT_COST, leastCost, routeCost } from "./cost.ts";
import { decide, MAX_SCORES } from "./decide.ts";
import type { Policy } from "./policy.ts";

/** Differences below this are noise of the prediction: 1 ms, or 2 % (the TPOT error of the step model is about 3 %). */
const TIE_MS = 1;
const TIE_SHARE = 0.02;

/**
 * Chooses as if it priced every candidate: one whose least cost is beyond a tie with the best and beyond those that a receipt
 * shows is left with that. `prunes` false prices them all, for the test of this.
 */
export function kvAware(settings: Partial<CostSettings> = {}, { prunes = true } = {}): Policy {
  const name = "kv_aware";
  const all = { ...DEFAULT_COST, ...settings };
  let values = new Float64Array(64);
  return {
    name,
    settles: true,
    choose(request, candidates, random) {
      if (values.length < candidates.length) values = new Float64Array(2 * candidates.length);
      const lowest = new Float64Array(MAX_SCORES).fill(Number.POSITIVE_INFINITY);
      for (let i = 0; i < candidates.length; i++) {
        const candidate = candidates[i];
        if (candidate === undefined) break;
        const bar = Math.max(tieEnd(lowest[0]), lowest[MAX_SCORES - 1] ?? 0);
        const least = prunes ? leastCost(request, candidate, { settings: all, bar }) : 0;
        values[i] = least;
        if (least > bar) continue;
        candidate.settle?.();
        values[i] = routeCost(request, candidate, all).totalMs;
        insert(lowest, values[i] ?? 0);
      }
      const detail = (i: number) => {
        const { cachedTokens = 0, ttftMs } = candidates[i] ? routeCost(request, candidates[i], all) : {};
        return { cachedTokens, ttftMs };
      };
      const tie = { margin: tieEnd(lowest[0]) - (lowest[0] ?? 0), choices: "two" } as const;
      return decide(candidates, { policy: name, values, ...tie, detail }, random);
    },
  };
}

function tieEnd(lowest = 0): number {
  return lowest + TIE_MS + TIE_SHARE * lowest;
}

/** Keeps the lowest ones, rising. */
function insert(lowest: Float64Array, value: number): void {
  let at = lowest.length;
  while (at > 0 && (lowest[at - 1] ?? 0) > value) at--;
  if (at === lowest.length) return;
  lowest.copyWithin(at + 1, at);
  lowest[at] = value;
}
