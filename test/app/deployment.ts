// Deployment text for end-to-end tests: simulated workers, fast clock.

export interface TestDeployment {
  readonly replicas?: number;
  readonly algorithm?: "round_robin" | "least_loaded" | "kv_aware";
  readonly speed?: number;
}

export function testDeployment({ replicas = 2, algorithm = "kv_aware", speed = 20 }: TestDeployment = {}): string {
  return `apiVersion: llm-d.nvidia.com/v1
kind: LLMDeployment
metadata:
  name: test
spec:
  model:
    name: m
  tokenizer:
    source: builtin
  serving:
    strategy: colocated
    workers:
      replicas: ${replicas}
      gpusPerReplica: 4
      tensorParallelSize: 4
      maxModelLen: 32768
      engine: simulated
      profile: llama-3.1-70b-h100-tp4-fp8
      speed: ${speed}
  routing:
    algorithm: ${algorithm}
`;
}
