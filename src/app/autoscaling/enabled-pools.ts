// The pools that are to be scaled.
import type { Deployment } from "../../config/index.ts";
import type { PoolParts } from "./sample-pool.ts";

export function enabledPools(deployments: readonly Deployment[]): readonly PoolParts[] {
  return deployments.flatMap((deployment) =>
    deployment.autoscaling.enabled ? deployment.pools.map((pool) => ({ deployment, pool })) : [],
  );
}
