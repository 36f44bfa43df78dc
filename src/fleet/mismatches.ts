// Differences between what the deployment says of a worker and what the worker says of itself.
import type { WorkerFacts } from "./worker.ts";
import type { WorkerSpec } from "./worker-spec.ts";

export interface Mismatch {
  /** The field of the deployment file. */
  readonly field: string;
  readonly expected: string;
  readonly found: string;
  /** True when the worker cannot serve its model. */
  readonly fatal: boolean;
}

/** vLLM tells no TP; its number of KV blocks follows from TP, GPU and memory fraction, and the arithmetic is good to a few percent. */
const KV_BLOCKS_TOLERANCE = 0.2;

export function mismatches(spec: WorkerSpec, facts: WorkerFacts): readonly Mismatch[] {
  const found: Mismatch[] = [];
  const { servedModels, maxModelLen } = facts;
  if (servedModels.length > 0 && !servedModels.includes(spec.model)) {
    found.push({ field: "spec.model.name", expected: spec.model, found: servedModels.join(", "), fatal: true });
  }
  if (spec.maxModelLen !== undefined && maxModelLen !== undefined && maxModelLen !== spec.maxModelLen) {
    found.push({ field: "maxModelLen", expected: String(spec.maxModelLen), found: String(maxModelLen), fatal: false });
  }
  const { kvBlocks } = facts;
  if (
    spec.kvBlocks !== undefined &&
    kvBlocks !== undefined &&
    Math.abs(kvBlocks / spec.kvBlocks - 1) > KV_BLOCKS_TOLERANCE
  ) {
    found.push({
      field: "tensorParallelSize, gpuMemoryUtilization or costProfile",
      expected: `about ${spec.kvBlocks} KV blocks`,
      found: String(kvBlocks),
      fatal: false,
    });
  }
  return found;
}
