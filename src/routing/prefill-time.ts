// Time to prefill a queue of prompts on one worker, in constant time however long the queue is.
import type { StepCost } from "../model/index.ts";

/** Tokens to prefill, and the attention work in them: Σ over prompts of uncached × (cached + uncached / 2). */
export interface PrefillWork {
  readonly tokens: number;
  readonly pairs: number;
}

export interface DecodeLoad {
  readonly sequences: number;
  /** Σ of their context lengths in tokens. */
  readonly context: number;
}

/** Beyond this the time is proportional: a few full steps tell the rate. */
const SAMPLE_TOKENS = 8192;
const SAMPLE_PAIRS = 1e9;
const perPair = new WeakMap<StepCost, number>();

export function prefillTime(cost: StepCost, work: PrefillWork, decode: DecodeLoad): number {
  if (work.tokens <= 0) return 0;
  const tokens = Math.min(work.tokens, SAMPLE_TOKENS);
  const sample = cost.prefillMs({
    cached: 0,
    uncached: tokens,
    decodeSequences: decode.sequences,
    decodeContext: decode.context,
  });
  const pairMs = msPerPair(cost);
  // `sample` took all tokens for one prompt; the pairs that this means are replaced by the true ones.
  const withoutPairs = Math.max(0, sample - (pairMs * tokens * tokens) / 2);
  return withoutPairs * (work.tokens / tokens) + pairMs * work.pairs;
}

/** Attention time is linear in pairs (simulation.md §2.4). */
function msPerPair(cost: StepCost): number {
  let ms = perPair.get(cost);
  if (ms === undefined) {
    const load = { tokens: 1, decodeSequences: 0, decodeContext: 0 };
    ms =
      (cost.stepMs({ ...load, prefillPairs: SAMPLE_PAIRS }) - cost.stepMs({ ...load, prefillPairs: 0 })) / SAMPLE_PAIRS;
    perPair.set(cost, ms);
  }
  return ms;
}
