// A deployment of simulated Qwen3-32B engines, as text; lines of `spec.routing` may follow.
export const QWEN = "qwen3-32b";

export interface QwenDeployment {
  readonly algorithm: string;
  readonly workers: number;
  readonly profile: string;
  /** Simulated time ÷ real time. */
  readonly speed: number;
}

export function qwenDeployment({ algorithm, workers, profile, speed }: QwenDeployment): string {
  return `apiVersion: llm-d.nvidia.com/v1
kind: LLMDeployment
metadata:
  name: bench
spec:
  model:
    name: Qwen/Qwen3-32B
    servedNames: [${QWEN}]
  tokenizer:
    source: builtin
  serving:
    strategy: colocated
    workers:
      replicas: ${workers}
      gpusPerReplica: 2
      tensorParallelSize: 2
      maxModelLen: 131072
      engine: simulated
      profile: ${profile}
      speed: ${speed}
  routing:
    algorithm: ${algorithm}
`;
}
