// A named engine: model, GPU, TP and precision with limits, memory and step times.
import { SwitchgearError } from "../core/index.ts";
import { closedFormCost } from "./closed-form-cost.ts";
import { type CoefficientChoice, coefficients, type Evidence } from "./coefficients.ts";
import { type GpuName, GPUS, type GpuSpec } from "./gpu.ts";
import { refuseImpossible } from "./impossible-profile.ts";
import { explainMemory, type MemoryDemand, type MemoryPlan, requireFit } from "./memory.ts";
import { type ModelName, MODELS, type ModelSpec } from "./model-spec.ts";
import { nearestName } from "./nearest-name.ts";
import { pipelinedCost } from "./pipelined-cost.ts";
import type { Precision } from "./precision.ts";
import { PROFILE_TABLE } from "./profile-table.ts";
import type { StepCost } from "./step-cost.ts";

/** What bounds a step and the requests in it; the names of `engineCore`'s options. */
export interface EngineLimits {
  readonly blockSize: number;
  /** As vLLM's num_gpu_blocks: one of them is the null block. */
  readonly kvBlocks: number;
  readonly maxSequences: number;
  readonly maxBatchedTokens: number;
}

export interface EngineProfile {
  readonly name: string;
  readonly model: ModelSpec;
  readonly gpu: GpuSpec;
  readonly tensorParallel: number;
  /** Undefined = 1 stage. */
  readonly pipelineParallel?: number | undefined;
  readonly gpusPerReplica: number;
  readonly weights: Precision;
  readonly kv: Precision;
  readonly coefficients: CoefficientChoice["values"];
  readonly evidence: Evidence;
  readonly provenance: string;
  readonly gpuMemoryUtilization: number;
  /** Longest context: the model's, or what the KV cache holds. */
  readonly maxModelLength: number;
  readonly limits: EngineLimits;
  readonly memory: MemoryPlan;
  /** The memory arithmetic in one line. */
  readonly memoryExplained: string;
}

/** Replaces vLLM's defaults. */
export interface ProfileOverrides {
  readonly blockSize?: number | undefined;
  readonly maxSequences?: number | undefined;
  readonly maxBatchedTokens?: number | undefined;
  readonly gpuMemoryUtilization?: number | undefined;
  readonly maxModelLength?: number | undefined;
  /** Stages, each of as many GPUs as the profile's TP. */
  readonly pipelineParallel?: number | undefined;
  /** Instead of the memory arithmetic. */
  readonly kvBlocks?: number | undefined;
}

/** One line of the table of profiles. */
export interface ProfileRow {
  readonly model: ModelName;
  readonly gpu: GpuName;
  readonly tensorParallel: number;
  readonly precision: Precision;
}

/** A replica must hold at least one request of this length to be of use. */
const LEAST_CONTEXT = 4096;

export function profileNames(): string[] {
  return PROFILE_TABLE.map(nameOf);
}

/** `name` without a precision means bf16. Throws SWG_PROFILE_UNKNOWN, SWG_MODEL_TOO_LARGE, or SWG_USAGE for what can be no engine. */
export function loadProfile(name: string, overrides: ProfileOverrides = {}): EngineProfile {
  const wanted = name.toLowerCase();
  const row = PROFILE_TABLE.find((one) => nameOf(one) === wanted || nameOf(one) === `${wanted}-bf16`);
  if (row) return profileOf(row, overrides);
  refuseImpossible(wanted, overrides, LEAST_CONTEXT);
  throw unknownProfile(name);
}

export function stepCost(profile: EngineProfile): StepCost {
  const { maxBatchedTokens } = profile.limits;
  const { pipelineParallel: stages = 1 } = profile;
  const whole = closedFormCost({ ...profile, maxBatchedTokens });
  return stages === 1 ? whole : pipelinedCost(whole, { ...profile, stages, maxBatchedTokens });
}

function profileOf(row: ProfileRow, overrides: ProfileOverrides): EngineProfile {
  const model = MODELS[row.model];
  const gpu = GPUS[row.gpu];
  const demand: MemoryDemand = {
    model,
    gpu,
    tensorParallel: row.tensorParallel,
    pipelineParallel: overrides.pipelineParallel,
    weights: row.precision,
    kv: row.precision,
    blockSize: overrides.blockSize ?? 16,
    maxBatchedTokens: overrides.maxBatchedTokens ?? gpu.defaultBatchedTokens,
    gpuMemoryUtilization: overrides.gpuMemoryUtilization ?? 0.9,
  };
  const memory = requireFit(demand, overrides.kvBlocks === undefined ? (overrides.maxModelLength ?? LEAST_CONTEXT) : 0);
  const limits = {
    blockSize: demand.blockSize,
    kvBlocks: overrides.kvBlocks ?? memory.kvBlocks,
    maxSequences: overrides.maxSequences ?? gpu.defaultSequences,
    maxBatchedTokens: demand.maxBatchedTokens,
  };
  const choice = coefficients({ model: row.model, gpu: row.gpu, weights: row.precision, kv: row.precision });
  return {
    ...demand,
    name: nameOf(row),
    gpusPerReplica: row.tensorParallel * (overrides.pipelineParallel ?? 1),
    coefficients: choice.values,
    evidence: choice.evidence,
    provenance: choice.provenance,
    maxModelLength: overrides.maxModelLength ?? Math.min(model.maxContext, (limits.kvBlocks - 1) * limits.blockSize),
    limits,
    memory,
    memoryExplained: explainMemory(demand),
  };
}

function nameOf(row: ProfileRow): string {
  return `${row.model}-${row.gpu}-tp${row.tensorParallel}-${row.precision}`;
}

function unknownProfile(name: string): SwitchgearError {
  const names = profileNames();
  const near = nearestName(name, names);
  return new SwitchgearError("SWG_PROFILE_UNKNOWN", `There is no engine profile "${name}".`, {
    value: name,
    expected: `one of ${names.join(", ")}`,
    ...(near === undefined ? {} : { hint: `Did you mean ${near}?` }),
  });
}
