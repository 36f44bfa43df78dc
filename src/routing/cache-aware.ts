// cache_aware of SGLang's router and its descendants vllm-router and smg: best match above a threshold, unless out of balance.
import type { Policy } from "./policy.ts";
import { hitRatio, scoredPolicy } from "./scored-policy.ts";
import { requests } from "./worker-view.ts";

export interface CacheAwareSettings {
  readonly cacheThreshold: number;
  readonly balanceAbsolute: number;
  readonly balanceRelative: number;
}

/** The command line's defaults of vllm-router and smg; their library defaults are 0.5, 32, 1.1. */
const DEFAULTS: CacheAwareSettings = { cacheThreshold: 0.3, balanceAbsolute: 64, balanceRelative: 1.5 };

/**
 * docs/load_balancing of vllm-project/router: imbalanced iff max − min > abs and max > min × rel → fewest requests; else best
 * match if its share is above the threshold; else the smallest tree. Theirs matches characters, ours the exact blocks.
 */
export function cacheAware(settings: Partial<CacheAwareSettings> = {}): Policy {
  const { cacheThreshold, balanceAbsolute, balanceRelative } = { ...DEFAULTS, ...settings };
  return scoredPolicy("cache_aware", (request, candidates) => {
    const counts = Float64Array.from(candidates, ({ load }) => requests(load));
    const [least, most] = [Math.min(...counts), Math.max(...counts)];
    if (most - least > balanceAbsolute && most > least * balanceRelative) return counts;
    const ratios = Float64Array.from(candidates, (candidate) => hitRatio(request, candidate));
    if (Math.max(...ratios) > cacheThreshold) return ratios.map((ratio) => 1 - ratio);
    return Float64Array.from(candidates, ({ heldBlocks = 0 }) => heldBlocks);
  });
}
