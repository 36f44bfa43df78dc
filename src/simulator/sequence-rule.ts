// A pool that follows a plan made beforehand.
import type { ScaleRule } from "./scale-rule.ts";

export interface SequenceStep {
  readonly atMs: number;
  readonly replicas: number;
}

/** `steps` by rising time. */
export function sequenceRule(steps: readonly SequenceStep[], intervalMs: number): ScaleRule {
  let next = 0;
  let target: number | undefined;
  return {
    intervalMs,
    decide({ workers }, now) {
      for (let step = steps[next]; step !== undefined && step.atMs <= now; step = steps[++next]) target = step.replicas;
      return { target: target ?? workers.filter(({ state }) => state !== "draining").length };
    },
  };
}
