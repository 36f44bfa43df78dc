// The closed-form time of one engine step (simulation.md §2.4): roofline terms, attention, all-reduce, fixed overheads.
import type { StepCoefficients } from "./coefficients.ts";
import type { GpuSpec } from "./gpu.ts";
import { kvBytesPerToken, kvShards } from "./memory.ts";
import { attentionFlops, headParameters, linearParameters, type ModelSpec } from "./model-spec.ts";
import { log2, qNorm } from "./portable-math.ts";
import { bytesOf, type Precision } from "./precision.ts";
import type { StepCost, StepLoad } from "./step-cost.ts";

export interface StepCostInput {
  readonly model: ModelSpec;
  readonly gpu: GpuSpec;
  readonly tensorParallel: number;
  readonly weights: Precision;
  readonly kv: Precision;
  readonly coefficients: StepCoefficients;
  /** Token budget of a step; long prefills are cut to it. */
  readonly maxBatchedTokens: number;
}

/** vLLM's usual token budget and one more. */
const REMEMBERED = 8193;

/** Seconds per unit of load. */
interface Terms {
  readonly linearPerToken: number;
  readonly linearFloor: number;
  readonly headPerSequence: number;
  readonly headFloor: number;
  readonly perContextToken: number;
  readonly perPair: number;
  readonly reducePerToken: number;
  readonly perSequence: number;
  readonly withPrefill: number;
  readonly constant: number;
}

export function closedFormCost(input: StepCostInput): StepCost {
  const terms = termsOf(input);
  const { joint, overhead, overheadPerKiloToken } = input.coefficients;
  const linearSeconds = remembered((tokens) => qNorm(tokens * terms.linearPerToken, terms.linearFloor, joint));
  const headSeconds = remembered((sequences) =>
    sequences > 0 ? qNorm(sequences * terms.headPerSequence, terms.headFloor, joint) : 0,
  );

  function stepMs(load: StepLoad): number {
    const sequences = load.decodeSequences;
    const linear = linearSeconds(load.tokens);
    const head = headSeconds(sequences);
    const attention = load.decodeContext * terms.perContextToken + load.prefillPairs * terms.perPair;
    const fixed = load.prefillPairs > 0 ? terms.constant + terms.withPrefill : terms.constant;
    const rest = load.tokens * terms.reducePerToken + sequences * terms.perSequence + fixed;
    return 1000 * (linear + head + attention + rest);
  }

  return {
    stepMs,
    overheadMs: (promptTokens) => 1000 * (overhead + (overheadPerKiloToken * promptTokens) / 1024),
    prefillMs: prefillInChunks(stepMs, input.maxBatchedTokens),
  };
}

export function prefillInChunks(stepMs: StepCost["stepMs"], maxBatchedTokens: number): StepCost["prefillMs"] {
  return ({ cached, uncached, decodeSequences, decodeContext }) => {
    const budget = Math.max(1, maxBatchedTokens - decodeSequences);
    let total = 0;
    for (let done = 0; done < uncached; done += budget) {
      const chunk = Math.min(budget, uncached - done);
      const prefillPairs = chunk * (cached + done + chunk / 2);
      total += stepMs({ tokens: chunk + decodeSequences, decodeSequences, decodeContext, prefillPairs });
    }
    return total;
  };
}

/** Powers are what a step costs most to compute, and the same few numbers of tokens come again and again. */
function remembered(of: (count: number) => number): (count: number) => number {
  const known = new Float64Array(REMEMBERED).fill(Number.NaN);
  return (count) => {
    // Not whole or out of range: the array has no such place.
    const found = known[count];
    if (found === undefined) return of(count);
    return Number.isNaN(found) ? (known[count] = of(count)) : found;
  };
}

function termsOf(input: StepCostInput): Terms {
  const { model, gpu, tensorParallel: tp, coefficients: c } = input;
  const linear = linearParameters(model);
  const head = headParameters(model);
  const peak = input.weights === "fp8" ? gpu.fp8Flops : gpu.bf16Flops;
  const weightRate = tp * gpu.bandwidth * c.linearBandwidth;
  const kvBytes = kvBytesPerToken(model, input.kv) / kvShards(model, tp);
  return {
    linearPerToken: (2 * linear) / (tp * peak * c.linearCompute),
    linearFloor: (linear * bytesOf(input.weights)) / weightRate,
    headPerSequence: (2 * head) / (tp * gpu.bf16Flops * c.linearCompute),
    headFloor: (head * bytesOf("bf16")) / weightRate,
    perContextToken: kvBytes / (gpu.bandwidth * c.kvBandwidth),
    perPair: attentionFlops(model) / (tp * gpu.bf16Flops * c.attentionCompute),
    reducePerToken: tp > 1 ? (2 * model.layers * reduceBytes(model, tp)) / (c.reduceBandwidth * gpu.linkBandwidth) : 0,
    perSequence: c.perSequence,
    withPrefill: model.layers * c.perPrefillLayer,
    constant: model.layers * c.perLayer + c.perStep + reduceLatency(input),
  };
}

/** A ring moves 2·(tp−1)/tp of a token's hidden row (bf16). */
function reduceBytes(model: ModelSpec, tp: number): number {
  return (model.hidden * 2 * 2 * (tp - 1)) / tp;
}

/** Two all-reduces a layer. */
function reduceLatency({ model, tensorParallel: tp, coefficients: c }: StepCostInput): number {
  return tp > 1 ? 2 * model.layers * (c.reduceBase + c.reducePerDoubling * log2(tp)) : 0;
}
