// A deployment of simulated Qwen3-32B engines, as text.
import { document } from "./document.ts";

export const QWEN = "qwen3-32b";

export interface QwenDeployment {
  readonly algorithm: string;
  readonly workers: number;
  readonly profile: string;
  /** Simulated time ÷ real time. */
  readonly speed: number;
  /** More of `spec.routing`. */
  readonly routing?: object;
  /** `spec.gateway`. */
  readonly gateway?: object;
}

export function qwenDeployment(deployment: QwenDeployment): string {
  const { algorithm, workers, profile, speed, routing, gateway } = deployment;
  return document({
    kind: "LLMDeployment",
    name: "bench",
    spec: {
      model: { name: "Qwen/Qwen3-32B", servedNames: [QWEN] },
      tokenizer: { source: "builtin" },
      serving: {
        strategy: "colocated",
        workers: {
          replicas: workers,
          gpusPerReplica: 2,
          tensorParallelSize: 2,
          maxModelLen: 131_072,
          engine: "simulated",
          profile,
          speed,
        },
      },
      routing: { algorithm, ...routing },
      ...(gateway && { gateway }),
    },
  });
}
