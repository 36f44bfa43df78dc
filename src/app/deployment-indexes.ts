// A KV index for each deployment, with that deployment's seed and limits.
import type { Deployment } from "../config/index.ts";
import type { WorkerSpec } from "../fleet/index.ts";
import { type KvIndex, memoryIndex } from "../kvindex/index.ts";
import { combinedIndex } from "./combined-index.ts";
import { servedName } from "./gateway-models.ts";

export function deploymentIndexes(deployments: readonly Deployment[], workers: readonly WorkerSpec[]): KvIndex {
  return combinedIndex(
    deployments.map((deployment) => {
      const { maxBytes, ttlSeconds } = deployment.routing.kvCacheIndex;
      const seed = { model: servedName(deployment) };
      return {
        index: memoryIndex({ maxBytes, ttlSeconds, seedOf: () => seed }),
        workers: workers.filter((one) => one.deployment === deployment.name).map((one) => one.id),
      };
    }),
  );
}
