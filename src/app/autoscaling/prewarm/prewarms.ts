// Whether hot prefixes are remembered for new workers.
import type { Deployment } from "../../../config/index.ts";

export function prewarms({ autoscaling }: Deployment): boolean {
  return autoscaling.enabled && autoscaling.prewarm.prefixes > 0;
}
