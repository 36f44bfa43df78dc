// The paths of the admin API that show and steer autoscaling.
import type { AdminRoute } from "./admin-routes.ts";

const ONE = "/admin/v1/scale/{id}";

export const SCALE_ROUTES = {
  scale: {
    method: "GET",
    path: "/admin/v1/scale",
    summary: "Pools with autoscaling: bounds, workers, last decision, alarm",
    answer: "{pools: ScaleStatus[]}",
  },
  scaleDecisions: {
    method: "GET",
    path: `${ONE}/decisions`,
    summary: "The last decisions of a pool, oldest first, each with what it was made from",
    answer: "{pool, decisions: ScaleRecord[]}",
  },
  scaleDryRun: {
    method: "POST",
    path: `${ONE}/dry-run`,
    summary: "What would be decided now; changes and records nothing",
    answer: "ScaleRecord",
  },
  scaleSet: {
    method: "POST",
    path: `${ONE}/set`,
    summary: "As many workers as `replicas`, within the bounds, until null gives the pool back to its mode",
    answer: "ScaleRecord",
    takesBody: true,
    members: ["replicas"],
  },
} as const satisfies Record<string, AdminRoute>;
