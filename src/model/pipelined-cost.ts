// The time of a step of an engine whose layers are split over pipeline stages.
import { prefillInChunks } from "./closed-form-cost.ts";
import type { GpuSpec } from "./gpu.ts";
import type { ModelSpec } from "./model-spec.ts";
import type { StepCost } from "./step-cost.ts";

export interface Pipeline {
  readonly stages: number;
  readonly model: ModelSpec;
  readonly gpu: GpuSpec;
  readonly maxBatchedTokens: number;
}

/**
 * vLLM keeps one micro-batch in each of n stages. Each has 1/n of the running load and passes all stages in turn, so that every sequence gets
 * its next token after n × T(load/n)/n = T(load/n), with T the step of all layers on one stage's GPUs, and n−1 transfers of its hidden
 * rows. A lone sequence gains nothing; a full engine gains up to n. Derived, not measured: a prompt of one chunk takes somewhat longer
 * than this, since a chunk is not cut into micro-batches.
 */
export function pipelinedCost(whole: StepCost, { stages, model, gpu, maxBatchedTokens }: Pipeline): StepCost {
  const hopMsPerToken = (1000 * model.hidden * 2) / gpu.linkBandwidth;

  const stepMs: StepCost["stepMs"] = ({ tokens, decodeSequences, decodeContext, prefillPairs }) => {
    const share = {
      tokens: Math.ceil(tokens / stages),
      decodeSequences: Math.ceil(decodeSequences / stages),
      decodeContext: decodeContext / stages,
      prefillPairs: prefillPairs / stages,
    };
    return whole.stepMs(share) + (stages - 1) * hopMsPerToken * share.tokens;
  };
  return {
    stepMs,
    overheadMs: (promptTokens) => whole.overheadMs(promptTokens),
    prefillMs: prefillInChunks(stepMs, maxBatchedTokens),
  };
}
