// Metrics of autoscaling, by pool: `DEPLOYMENT-POOL`.
import type { MetricEntry } from "./metric-entry.ts";

export const SCALING_METRICS = {
  scalingWorkers: {
    name: "switchgear_autoscaling_workers",
    kind: "gauge",
    help: "Workers of a pool with autoscaling: desired by the last decision, ready, starting, draining.",
    labels: ["pool", "kind"],
  },
  scalingDecisions: {
    name: "switchgear_autoscaling_decisions_total",
    kind: "counter",
    help: "Decisions by action (up, down, hold) and by cause: bounds, blind (nothing reliable is known), or the mode slo, seed, schedule, manual.",
    labels: ["pool", "action", "cause"],
  },
  scalingAlarm: {
    name: "switchgear_autoscaling_alarm",
    kind: "gauge",
    help: "1 while autoscaling of a pool needs a person: figures are missing or stale, or no worker can be started.",
    labels: ["pool"],
  },
  scalingMoved: {
    name: "switchgear_autoscaling_moved_requests_total",
    kind: "counter",
    help: "Requests delayed by a drain: they were still running on a worker when its time to leave was over, and went on elsewhere.",
    labels: ["pool"],
  },
} as const satisfies Record<string, MetricEntry>;
