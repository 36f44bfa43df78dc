// What the metrics page tells of one pool's autoscaling.
import type { ScalingSample } from "../../telemetry/index.ts";
import type { ScaleStatus } from "./scale-status.ts";

export function scalingSample({ pool, desired, ready, starting, draining, alarm }: ScaleStatus): ScalingSample {
  return { pool, workers: { ...(desired !== null && { desired }), ready, starting, draining }, alarm: alarm !== null };
}
