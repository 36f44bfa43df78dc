// What is wrong with a profile that is in no table, by arithmetic rather than by a list.
import { SwitchgearError } from "../core/index.ts";
import { type GpuName, GPUS } from "./gpu.ts";
import { type MemoryDemand, requireFit } from "./memory.ts";
import { type ModelName, MODELS } from "./model-spec.ts";
import type { Precision } from "./precision.ts";

/** GPUs that NVLink joins in one server. */
const GPUS_A_NODE = 8;

/** Throws SWG_MODEL_TOO_LARGE or SWG_USAGE when `model-gpu-tpN[-precision]` could not run at all; otherwise, or if it names other things, nothing. */
export function refuseImpossible(name: string, settings: EngineSettings, tokens: number): void {
  const engine = namedEngine(name);
  if (engine === undefined) return;
  const { model, gpu, tensorParallel: tp } = engine;
  if (tp > GPUS_A_NODE) throw impossible(name, `TP ${tp} > ${GPUS_A_NODE} GPUs of a server`, `TP 1 to ${GPUS_A_NODE}`);
  if (model.heads % tp !== 0)
    throw impossible(
      name,
      `${model.heads} attention heads ÷ TP ${tp} = ${(model.heads / tp).toFixed(2)}`,
      "a TP that divides them",
    );
  if (engine.weights === "fp8" && gpu.fp8Flops === 0)
    throw impossible(name, `fp8 on ${gpu.name}`, "bf16: it has no fp8");
  const { blockSize = 16, maxBatchedTokens = gpu.defaultBatchedTokens, gpuMemoryUtilization = 0.9 } = settings;
  requireFit({ ...engine, blockSize, maxBatchedTokens, gpuMemoryUtilization }, tokens);
}

interface EngineSettings {
  readonly blockSize?: number | undefined;
  readonly maxBatchedTokens?: number | undefined;
  readonly gpuMemoryUtilization?: number | undefined;
}

type NamedEngine = Pick<MemoryDemand, "model" | "gpu" | "tensorParallel" | "weights" | "kv">;

function namedEngine(name: string): NamedEngine | undefined {
  const [, model = "", gpu = "", tp = "", precision = "bf16"] =
    /^(.+)-([a-z0-9]+)-tp(\d+)(?:-(bf16|fp8))?$/.exec(name) ?? [];
  if (!isModel(model) || !isGpu(gpu) || Number(tp) < 1 || !isPrecision(precision)) return undefined;
  return { model: MODELS[model], gpu: GPUS[gpu], tensorParallel: Number(tp), weights: precision, kv: precision };
}

function isModel(name: string): name is ModelName {
  return Object.hasOwn(MODELS, name);
}

function isGpu(name: string): name is GpuName {
  return Object.hasOwn(GPUS, name);
}

function isPrecision(name: string): name is Precision {
  return name === "bf16" || name === "fp8";
}

function impossible(where: string, value: string, expected: string): SwitchgearError {
  return new SwitchgearError("SWG_USAGE", "There can be no such engine.", { where, value, expected });
}
