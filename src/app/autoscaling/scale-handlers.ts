// What the admin API answers about autoscaling.
import { badMember, found } from "../admin/admin-problem.ts";
import type { AdminHandlers } from "../admin/admin-server.ts";
import type { SCALE_ROUTES } from "../admin/scale-routes.ts";
import type { ScaleStatus } from "./scale-status.ts";
import type { Autoscaling } from "./start-autoscaling.ts";

export type ScaleHandlers = Pick<AdminHandlers, keyof typeof SCALE_ROUTES>;

export function scaleHandlers(autoscaling: Autoscaling): ScaleHandlers {
  const find = (name: string): ScaleStatus =>
    found(autoscaling.status(), { what: "pool with autoscaling", name, nameOf: ({ pool }) => pool });
  return {
    scale: () => ({ pools: autoscaling.status() }),
    scaleDecisions: (id) => {
      const { pool } = find(id);
      return { pool, decisions: autoscaling.decisions(pool) };
    },
    scaleDryRun: (id) => autoscaling.dryRun(find(id).pool),
    scaleSet: (id, { replicas }) => autoscaling.set(id, wanted(replicas, find(id))),
  };
}

function wanted(
  replicas: unknown,
  { minReplicas, maxReplicas }: { readonly minReplicas: number; readonly maxReplicas: number },
): number | undefined {
  if (replicas === null) return undefined;
  if (typeof replicas === "number" && Number.isInteger(replicas) && replicas >= minReplicas && replicas <= maxReplicas)
    return replicas;
  const expected = `a whole number from ${minReplicas} to ${maxReplicas}, the bounds of the pool, or null (auto) for its mode`;
  throw badMember("replicas", expected, replicas);
}
