// The cost of NVIDIA Dynamo's KV router (lib/kv-router, 2026-08) with its knobs, in blocks.
import { exp } from "../model/index.ts";
import { decisionFor } from "./decide.ts";
import type { Candidate, Policy, RouteRequest } from "./policy.ts";
import { cachedDetail, type CostFormula, scoredPolicy } from "./scored-policy.ts";
import { requests } from "./worker-view.ts";

export interface DynamoSettings {
  /** --router-prefill-load-scale; 1 is the default, 8…32 does far better (simulation.md §5.3). */
  readonly prefillLoadScale: number;
  /** --router-kv-overlap-score-credit */
  readonly overlapCredit: number;
  /** --router-kv-overlap-score-credit-decay */
  readonly creditDecay: number;
  /** --router-decode-active-request-weight */
  readonly activeRequestWeight: number;
  /** --router-temperature; 0 = the lowest cost, ties at random. */
  readonly temperature: number;
}

const DEFAULTS: DynamoSettings = {
  prefillLoadScale: 1,
  overlapCredit: 1,
  creditDecay: 0,
  activeRequestWeight: 0,
  temperature: 0,
};

export function dynamoCost(settings: Partial<DynamoSettings> = {}, name = "dynamo"): Policy {
  const all = { ...DEFAULTS, ...settings };
  const { temperature } = all;
  const formula: CostFormula = (request, candidates) => {
    const least = Math.min(...candidates.map(({ load }) => load.prefillTokens));
    return Float64Array.from(candidates, (candidate) => costOf(request, candidate, { ...all, least }));
  };
  if (temperature === 0) return scoredPolicy(name, formula);
  return {
    name,
    choose(request, candidates, random) {
      const values = formula(request, candidates);
      const index = drawn(candidates, values, temperature, random.next());
      const costs = { policy: name, values, detail: cachedDetail(request, candidates) };
      return decisionFor(candidates, costs, { index, reason: `drawn at temperature ${temperature}` });
    },
  };
}

/** Softmax over −(cost − min) ÷ ((max − min) · T), in the order of ids: the same draw is the same worker in whatever order they come. */
function drawn(candidates: readonly Candidate[], costs: Float64Array, temperature: number, draw: number): number {
  const [least, most] = [Math.min(...costs), Math.max(...costs)];
  const width = (most - least || 1) * temperature;
  const weights = costs.map((cost) => exp((least - cost) / width));
  const order = Array.from(candidates.keys()).sort((a, b) => compareIds(candidates[a], candidates[b]));
  let left = draw * weights.reduce((sum, one) => sum + one, 0);
  for (const index of order) {
    left -= weights[index] ?? 0;
    if (left < 0) return index;
  }
  return order.at(-1) ?? 0;
}

function compareIds(a: Candidate | undefined, b: Candidate | undefined): number {
  return (a?.id ?? "") < (b?.id ?? "") ? -1 : 1;
}

function costOf(
  { promptTokens }: RouteRequest,
  { load, blockSize, overlapBlocks }: Candidate,
  settings: DynamoSettings & { readonly least: number },
): number {
  const ownBlocks = Math.max(1, Math.ceil(promptTokens / blockSize));
  const excess = (load.prefillTokens - settings.least) / blockSize / ownBlocks;
  const credit = (settings.overlapCredit * overlapBlocks) / (1 + settings.creditDecay * excess);
  const prefill = Math.max(0, (load.prefillTokens + promptTokens) / blockSize - credit);
  // Dynamo counts a block that several active requests share once; our ledger counts it for each.
  const decode = load.contextTokens / blockSize + ownBlocks;
  return settings.prefillLoadScale * prefill + decode + settings.activeRequestWeight * requests(load);
}
