// Composition root: wires a deployment into running parts; the admin API.
export type { ScaleStatus } from "./autoscaling/scale-status.ts";
export { adminOpenApi } from "./admin/openapi.ts";
export { chooseProfile } from "./choose-profile.ts";
export { disaggregationDoubts } from "./disaggregation-doubts.ts";
export { type InheritedSockets, inheritedSockets } from "./handover/inherited-sockets.ts";
export { refuseNewPlans } from "./reload/refuse-new-plans.ts";
export { type WatchedFiles, watchFiles } from "./reload/watch-files.ts";
export { migrationPlan } from "./migration/plan-settings.ts";
export type { Running } from "./running.ts";
export { serve } from "./serve.ts";
export type { ServeOptions } from "./serve-options.ts";
