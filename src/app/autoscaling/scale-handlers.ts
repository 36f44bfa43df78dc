// What the admin API answers about autoscaling.
import { AdminProblem } from "../admin/admin-problem.ts";
import type { AdminHandlers } from "../admin/admin-server.ts";
import type { SCALE_ROUTES } from "../admin/scale-routes.ts";
import type { Autoscaling } from "./start-autoscaling.ts";

export type ScaleHandlers = Pick<AdminHandlers, keyof typeof SCALE_ROUTES>;

export function scaleHandlers(autoscaling: Autoscaling): ScaleHandlers {
  return {
    scale: () => ({ pools: autoscaling.status() }),
    scaleDecisions(pool) {
      const decisions = autoscaling.decisions(pool);
      return decisions && { pool, decisions };
    },
    scaleDryRun: (pool) => autoscaling.dryRun(pool),
    scaleSet(pool, { replicas }) {
      const status = autoscaling.status().find((one) => one.pool === pool);
      if (status === undefined) return undefined;
      return autoscaling.set(pool, wanted(replicas, status));
    },
  };
}

function wanted(
  replicas: unknown,
  { minReplicas, maxReplicas }: { readonly minReplicas: number; readonly maxReplicas: number },
): number | undefined {
  if (replicas === null) return undefined;
  if (typeof replicas === "number" && Number.isInteger(replicas) && replicas >= minReplicas && replicas <= maxReplicas)
    return replicas;
  throw new AdminProblem(
    400,
    `replicas is no whole number from ${minReplicas} to ${maxReplicas}, the bounds of the pool; null gives it back to its mode`,
  );
}
