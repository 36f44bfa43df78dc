// The arguments of a `vllm serve` started here, as the deployment implies them; what is not written is left to vLLM.
import type { Deployment } from "./deployment.ts";
import type { Pool } from "./pool.ts";

/** Without program, host and port. The order is that of vLLM's own help: model, parallel, memory, scheduler; then `args`. */
export function vllmArguments({ model }: Deployment, pool: Pool): readonly string[] {
  const [served] = model.servedNames;
  const flags: readonly (readonly [string, string | number | undefined])[] = [
    ["--served-model-name", served === model.name ? undefined : served],
    ["--dtype", model.dtype === "auto" ? undefined : model.dtype],
    ["--tokenizer", model.tokenizer],
    ["--quantization", model.quantization],
    ["--tensor-parallel-size", pool.tensorParallelSize],
    ["--pipeline-parallel-size", pool.pipelineParallelSize === 1 ? undefined : pool.pipelineParallelSize],
    ["--gpu-memory-utilization", pool.gpuMemoryUtilization],
    ["--max-model-len", pool.maxModelLen],
    ["--max-num-seqs", pool.maxBatchSize],
    ["--max-num-batched-tokens", pool.maxBatchedTokens],
  ];
  const written = flags.flatMap(([flag, value]) => (value === undefined ? [] : [flag, String(value)]));
  const trust = model.trustRemoteCode ? ["--trust-remote-code"] : [];
  return [model.name, ...written, ...trust, ...(pool.workers.kind === "given" ? [] : pool.workers.args)];
}
