// Every profile that exists: the combinations that fit and that people run.
import type { ModelName } from "./model-spec.ts";
import type { Precision } from "./precision.ts";
import type { GpuName } from "./gpu.ts";
import type { ProfileRow } from "./profile.ts";

const SIZES: readonly (readonly [ModelName, GpuName, Precision, readonly number[]])[] = [
  ["llama-3.1-70b", "h100", "fp8", [2, 4, 8]],
  ["llama-3.1-70b", "h100", "bf16", [4, 8]],
  ["llama-3.1-70b", "h200", "fp8", [1, 2, 4, 8]],
  ["llama-3.1-70b", "h200", "bf16", [2, 4, 8]],
  ["llama-3.1-70b", "a100", "bf16", [4, 8]],
  ["llama-3.1-8b", "h100", "fp8", [1]],
  ["llama-3.1-8b", "h100", "bf16", [1, 2]],
  ["llama-3.1-8b", "h200", "fp8", [1]],
  ["llama-3.1-8b", "h200", "bf16", [1]],
  ["llama-3.1-8b", "a100", "bf16", [1]],
  ["qwen3-32b", "h100", "fp8", [1, 2, 4]],
  ["qwen3-32b", "h100", "bf16", [2, 4, 8]],
  ["qwen3-32b", "h200", "fp8", [1, 2]],
  ["qwen3-32b", "h200", "bf16", [1, 2, 4, 8]],
];

export const PROFILE_TABLE: readonly ProfileRow[] = SIZES.flatMap(([model, gpu, precision, sizes]) =>
  sizes.map((tensorParallel) => ({ model, gpu, precision, tensorParallel })),
);
