// Metrics of the worker processes that were started here.
import type { MetricEntry } from "./metric-entry.ts";

export const LAUNCHER_METRICS = {
  processPhase: {
    name: "switchgear_worker_process_phase",
    kind: "gauge",
    help: "1 for the phase of a worker process started here: starting, running, waiting (it ended and is started again), crash loop (it stays down), stopped.",
    labels: ["worker", "phase"],
  },
  processRestarts: {
    name: "switchgear_worker_process_restarts",
    kind: "gauge",
    help: "Starts of a worker process after its first one.",
    labels: ["worker"],
  },
} as const satisfies Record<string, MetricEntry>;
