// Prices candidates: in full those that may be chosen or shown, of the others only what they cost at least.
import { type CostSettings, leastCost, leastHarm, leastWork, routeCost } from "./cost.ts";
import { MAX_SCORES } from "./decide.ts";
import type { Candidate, RouteRequest } from "./policy.ts";

export interface Prices {
  /** By candidate; the array may be longer. What neither ties nor is one of the lowest may be too low, yet not so low that it were. */
  readonly values: Float64Array;
  readonly lowest: number;
}

export interface PricingRule {
  readonly settings: CostSettings;
  /** Up to where costs tie with the lowest one. */
  readonly tieEnd: (lowest: number) => number;
  /** False prices them all, for the test of this. */
  readonly prunes: boolean;
}

export type Pricing = (request: RouteRequest, candidates: readonly Candidate[]) => Prices;

/**
 * A bound from the prompt and the number of requests leaves out who lacks its prefix or is busier, one from the load most others: the
 * rest is settled, the most promising first.
 */
export function pricing({ settings, tieEnd, prunes }: PricingRule): Pricing {
  let values = new Float64Array(64);
  let isKnown = new Uint8Array(64);
  /** Of the full prices, rising. */
  const lowest = new Float64Array(MAX_SCORES);
  /** Numbers of candidates whose bounds are lowest, rising. */
  const next: number[] = [];

  function begin(count: number): void {
    if (values.length < count) {
      values = new Float64Array(2 * count);
      isKnown = new Uint8Array(2 * count);
    }
    isKnown.fill(0, 0, count);
    lowest.fill(Number.POSITIVE_INFINITY);
  }

  /** Ties and those that a receipt shows are within it. */
  function bar(): number {
    return Math.max(tieEnd(lowest[0] ?? 0), lowest[MAX_SCORES - 1] ?? 0);
  }

  function price(request: RouteRequest, candidate: Candidate | undefined, i: number): void {
    if (candidate === undefined) return;
    candidate.settle?.();
    values[i] = routeCost(request, candidate, settings).totalMs;
    isKnown[i] = 1;
    insert(lowest, values[i] ?? 0);
  }

  function priceLowest(request: RouteRequest, candidates: readonly Candidate[]): void {
    next.length = 0;
    for (let i = 0; i < candidates.length; i++) {
      let at = next.length;
      while (at > 0 && (values[next[at - 1] ?? 0] ?? 0) > (values[i] ?? 0)) at--;
      if (isKnown[i] === 1 || at === MAX_SCORES) continue;
      for (let to = Math.min(next.length, MAX_SCORES - 1); to > at; to--) next[to] = next[to - 1] ?? 0;
      next[at] = i;
    }
    for (const i of next) price(request, candidates[i], i);
  }

  function priceRest(request: RouteRequest, candidates: readonly Candidate[]): void {
    const most = bar();
    next.length = 0;
    for (let i = 0; i < candidates.length; i++) if (isKnown[i] === 0 && (values[i] ?? 0) <= most) next.push(i);
    next.sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0));
    for (const i of next) {
      if ((values[i] ?? 0) > bar()) return;
      price(request, candidates[i], i);
    }
  }

  function bound(request: RouteRequest, candidates: readonly Candidate[]): void {
    const most = bar();
    for (let i = 0; i < candidates.length; i++) {
      const candidate = candidates[i];
      if (candidate === undefined || isKnown[i] === 1 || (values[i] ?? 0) > most) continue;
      values[i] = leastCost(request, candidate, settings);
    }
  }

  return (request, candidates) => {
    begin(candidates.length);
    if (prunes) {
      for (let i = 0; i < candidates.length; i++) {
        const candidate = candidates[i];
        if (candidate !== undefined)
          values[i] = leastWork(request, candidate, settings) + leastHarm(request, candidate, settings);
      }
      priceLowest(request, candidates);
      bound(request, candidates);
      priceLowest(request, candidates);
      priceRest(request, candidates);
    } else for (const [i, one] of candidates.entries()) price(request, one, i);
    return { values, lowest: lowest[0] ?? 0 };
  };
}

/** Keeps the lowest ones, rising. */
function insert(lowest: Float64Array, value: number): void {
  let at = lowest.length;
  while (at > 0 && (lowest[at - 1] ?? 0) > value) at--;
  if (at === lowest.length) return;
  lowest.copyWithin(at + 1, at);
  lowest[at] = value;
}
