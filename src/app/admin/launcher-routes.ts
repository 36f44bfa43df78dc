// The paths of the admin API that start and stop worker processes.
import type { AdminRoute } from "./admin-routes.ts";

export const LAUNCHER_ROUTES = {
  suspendWorker: {
    method: "POST",
    path: "/admin/v1/workers/{id}/suspend",
    summary: "Drains a worker started here, then puts it to sleep or stops it: its GPUs are free",
    answer: "The worker; `process.suspension` tells how far it is",
    refuses: true,
  },
  resumeWorker: {
    method: "POST",
    path: "/admin/v1/workers/{id}/resume",
    summary: "Wakes or starts a worker that was suspended or is in a crash loop",
    answer: "The worker",
    refuses: true,
  },
} as const satisfies Record<string, AdminRoute>;
