// What a pool's autoscaler is told once: bounds, rule, times, and the step times of its workers.
import type { StepCost } from "../model/index.ts";
import type { Latency } from "./pool-sample.ts";

export type ScaleMode =
  | { readonly kind: "slo" }
  | { readonly kind: "seed"; readonly up: Threshold; readonly down: Threshold; readonly cooldownMs: number }
  | { readonly kind: "schedule"; readonly entries: readonly ScheduleEntry[] }
  | { readonly kind: "manual"; readonly replicas: number };

/** The `scaleUpThreshold` and `scaleDownThreshold` of a deployment. */
export interface Threshold {
  /** Offered load over what the pool can take within its SLO: NVML's figure is 1 as soon as anything decodes. */
  readonly gpuUtilization: number;
  readonly queueDepth: number;
}

export interface ScheduleEntry {
  /** Of the day, UTC. */
  readonly fromMinute: number;
  readonly replicas: number;
}

export interface ScaleSettings {
  readonly mode: ScaleMode;
  readonly minReplicas: number;
  readonly maxReplicas: number;
  /** Infinity = no objective. */
  readonly slo: Latency;
  /** Predictions must stay below this share of the SLO. */
  readonly headroom: number;
  /** Until a new worker serves. */
  readonly startupMs: number;
  readonly intervalMs: number;
  /** Fewer workers must have been enough for so long. */
  readonly stabilisationMs: number;
  /** Instead, for an hour after traffic jumped; undefined = as long. */
  readonly stabilisationAfterJumpMs?: number;
  /** Workers added by one decision, at the most. */
  readonly upStep: number;
  /** Figures older than this are not used. */
  readonly staleMs: number;
  /** The lower bound 0 is reached when nobody has asked for so long; undefined = never. */
  readonly idleMs?: number | undefined;
  readonly worker: WorkerCapacity;
}

export interface WorkerCapacity {
  readonly role: "both" | "prefill" | "decode";
  readonly cost: StepCost;
  readonly maxSequences: number | undefined;
}
