// GPU memory arithmetic: what is left for KV blocks after the weights and the engine's own needs.
import { SwitchgearError } from "../core/index.ts";
import type { GpuSpec } from "./gpu.ts";
import { headParameters, linearParameters, type ModelSpec } from "./model-spec.ts";
import { bytesOf, type Precision } from "./precision.ts";

export interface MemoryDemand {
  readonly model: ModelSpec;
  readonly gpu: GpuSpec;
  readonly tensorParallel: number;
  /** Stages that share the layers; undefined = 1. */
  readonly pipelineParallel?: number | undefined;
  readonly weights: Precision;
  /** Of all GPUs together, where its files are known; undefined = by its shape. */
  readonly statedWeightBytes?: number | undefined;
  readonly kv: Precision;
  readonly blockSize: number;
  readonly maxBatchedTokens: number;
  readonly gpuMemoryUtilization: number;
}

/** Bytes are per GPU. */
export interface MemoryPlan {
  readonly usableBytes: number;
  readonly weightBytes: number;
  readonly activationBytes: number;
  readonly otherBytes: number;
  /** May be negative: then the model does not fit. */
  readonly kvBytes: number;
  readonly kvBytesPerToken: number;
  readonly kvBlocks: number;
  readonly kvTokens: number;
}

// CUDA graphs, NCCL buffers, allocator slack. Derived: what is missing to vLLM's 30,425 and 30,251 blocks
// (Llama-3.1-70B bf16, 4×H100, 2048 and 8192 batched tokens; inference-sim f90a1e3) beside weights and activations.
const OTHER_BYTES = 2.05e9;
/** Share of (two MLP rows + one hidden row) that a batched token keeps alive at the peak; from the same two runs. */
const ACTIVATION_SHARE = 0.824;

/** Bytes of one token's keys and values in all layers, over all GPUs. */
export function kvBytesPerToken(model: ModelSpec, kv: Precision): number {
  return 2 * model.layers * model.kvHeads * model.headSize * bytesOf(kv);
}

/** Embedding and head stay in bf16 when the layers are quantized. */
export function weightBytes(model: ModelSpec, weights: Precision): number {
  return linearParameters(model) * bytesOf(weights) + 2 * headParameters(model) * bytesOf("bf16");
}

/** Beyond one KV head a GPU the KV cache is replicated, no longer split. */
export function kvShards(model: ModelSpec, tensorParallel: number): number {
  return Math.min(tensorParallel, model.kvHeads);
}

export function memoryPlan(demand: MemoryDemand): MemoryPlan {
  const { model, gpu, tensorParallel: tp, pipelineParallel: stages = 1 } = demand;
  const usable = Math.floor(gpu.memoryBytes * demand.gpuMemoryUtilization);
  const weights = (demand.statedWeightBytes ?? weightBytes(model, demand.weights)) / (tp * stages);
  const perToken = 2 * ((2 * model.feedForward) / tp + model.hidden);
  const activation = Math.round(ACTIVATION_SHARE * perToken * demand.maxBatchedTokens);
  const kv = usable - weights - activation - OTHER_BYTES;
  const layersHere = Math.ceil(model.layers / stages) / model.layers;
  const bytesPerToken = (kvBytesPerToken(model, demand.kv) * layersHere) / kvShards(model, tp);
  const blocks = Math.max(0, Math.floor(kv / (bytesPerToken * demand.blockSize)));
  return {
    usableBytes: usable,
    weightBytes: weights,
    activationBytes: activation,
    otherBytes: OTHER_BYTES,
    kvBytes: kv,
    kvBytesPerToken: bytesPerToken,
    kvBlocks: blocks,
    kvTokens: blocks * demand.blockSize,
  };
}

/** The arithmetic in one line, for people. */
export function explainMemory(demand: MemoryDemand): string {
  const plan = memoryPlan(demand);
  const { gpu, model, tensorParallel: tp, pipelineParallel: stages = 1 } = demand;
  const split = stages === 1 ? `TP ${tp}` : `TP ${tp}, PP ${stages}`;
  return (
    `${model.name} on ${tp * stages}×${gpu.name}, per GPU: ${gib(gpu.memoryBytes)} × ${demand.gpuMemoryUtilization} = ${gib(plan.usableBytes)}` +
    ` − ${gib(plan.weightBytes)} weights (${demand.statedWeightBytes === undefined ? demand.weights : "its files"}, ${split})` +
    ` − ${gib(plan.activationBytes)} activations (${demand.maxBatchedTokens} batched tokens)` +
    ` − ${gib(plan.otherBytes)} graphs and buffers = ${gib(plan.kvBytes)} for KV;` +
    ` ÷ ${plan.kvBytesPerToken} B a token (${demand.kv}) ÷ ${demand.blockSize} tokens a block = ${plan.kvBlocks} blocks = ${plan.kvTokens} tokens`
  );
}

/** The plan, or an error with the arithmetic when fewer than `tokens` fit. */
export function requireFit(demand: MemoryDemand, tokens: number): MemoryPlan {
  const plan = memoryPlan(demand);
  if (plan.kvTokens >= tokens) return plan;
  throw new SwitchgearError("SWG_MODEL_TOO_LARGE", "The model does not fit the GPU memory.", {
    value: `${plan.kvTokens} tokens of KV cache`,
    where: explainMemory(demand),
    expected: `room for at least ${tokens} tokens`,
    hint: "Use more GPUs (tensorParallelSize), a smaller precision, or a shorter context.",
  });
}

function gib(bytes: number): string {
  return `${(bytes / 1_073_741_824).toFixed(1)} GiB`;
}
