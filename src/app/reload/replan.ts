// The workers after a reload: given ones as the files say now, started ones as they run.
import type { Deployment, Pool } from "../../config/index.ts";
import type { WorkerSpec } from "../../fleet/index.ts";
import { givenWorkers } from "../plan-workers.ts";
import { type IdsInUse, stableIds } from "./stable-ids.ts";

export function replan(deployments: readonly Deployment[], ids: IdsInUse): readonly WorkerSpec[] {
  const workers = deployments.flatMap((deployment) =>
    deployment.pools.flatMap((pool) =>
      pool.workers.kind === "given" ? givenWorkers(deployment, pool) : runningWorkers(deployment, pool, ids.before),
    ),
  );
  // Endpoints of a migration plan stay: the plan that was begun decides, not its file.
  return [...stableIds(workers, ids), ...ids.before.filter(({ arm }) => arm !== undefined)];
}

function runningWorkers({ name, model }: Deployment, pool: Pool, before: readonly WorkerSpec[]): readonly WorkerSpec[] {
  const own = before.filter((one) => one.deployment === name && one.id.startsWith(`${name}-${pool.name}-`));
  return own.map((one) => ({ ...one, aliases: model.servedNames.slice(1) }));
}
