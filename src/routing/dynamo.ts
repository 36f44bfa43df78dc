// The cost of NVIDIA Dynamo's KV router (lib/kv-router, 2026-08) with its knobs, in blocks.
import type { Candidate, Policy, RouteRequest } from "./policy.ts";
import { scoredPolicy } from "./scored-policy.ts";
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
}

const DEFAULTS: DynamoSettings = { prefillLoadScale: 1, overlapCredit: 1, creditDecay: 0, activeRequestWeight: 0 };

/** Temperature 0: the lowest cost, ties at random. */
export function dynamoCost(settings: Partial<DynamoSettings> = {}, name = "dynamo"): Policy {
  const all = { ...DEFAULTS, ...settings };
  return scoredPolicy(name, (request, candidates) => {
    const least = Math.min(...candidates.map(({ load }) => load.prefillTokens));
    return Float64Array.from(candidates, (candidate) => costOf(request, candidate, { ...all, least }));
  });
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
