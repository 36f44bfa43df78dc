// Step-time model, GPU and model constants, coefficient files, memory arithmetic.
export type { CoefficientChoice, Evidence, StepCoefficients } from "./coefficients.ts";
export { type GpuName, GPUS, type GpuSpec } from "./gpu.ts";
export { KV_LINKS, type KvLink, type KvLinkName, transferMs } from "./kv-link.ts";
export {
  explainMemory,
  kvBytesPerToken,
  type MemoryDemand,
  type MemoryPlan,
  memoryPlan,
  requireFit,
} from "./memory.ts";
export { type ModelName, MODELS, type ModelSpec } from "./model-spec.ts";
export { nearestName } from "./nearest-name.ts";
export { exp, ln, log2, power, qNorm } from "./portable-math.ts";
export type { Precision } from "./precision.ts";
export {
  type EngineLimits,
  type EngineProfile,
  loadProfile,
  profileNames,
  type ProfileOverrides,
  stepCost,
} from "./profile.ts";
export type { StepCost, StepLoad } from "./step-cost.ts";
