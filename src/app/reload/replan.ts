// The workers after a reload: given ones as the files say now, started ones as they run.
import type { Deployment, MigrationConfig, Pool } from "../../config/index.ts";
import type { WorkerSpec } from "../../fleet/index.ts";
import { renewedArm } from "../migration/arm-specs.ts";
import { givenWorkers } from "../plan-workers.ts";
import { type IdsInUse, stableIds } from "./stable-ids.ts";

export interface Planned extends IdsInUse {
  /** As they were begun. */
  readonly plans: readonly MigrationConfig[];
}

export function replan(deployments: readonly Deployment[], { plans, ...ids }: Planned): readonly WorkerSpec[] {
  const workers = deployments.flatMap((deployment) =>
    deployment.pools.flatMap((pool) =>
      pool.workers.kind === "given" ? givenWorkers(deployment, pool) : runningWorkers(deployment, pool, ids.before),
    ),
  );
  const arms = ids.before.filter(({ arm }) => arm !== undefined).map((one) => renewedArm(one, plans));
  return stableIds([...workers, ...arms], ids);
}

function runningWorkers({ name, model }: Deployment, pool: Pool, before: readonly WorkerSpec[]): readonly WorkerSpec[] {
  const own = before.filter((one) => one.deployment === name && one.id.startsWith(`${name}-${pool.name}-`));
  return own.map((one) => ({ ...one, aliases: model.servedNames.slice(1) }));
}
