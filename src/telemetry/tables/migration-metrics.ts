// Metrics of a migration plan.
import type { MetricEntry } from "./metric-entry.ts";

export const MIGRATION_METRICS = {
  migrationPhase: {
    name: "switchgear_migration_phase",
    kind: "gauge",
    help: "1 for the phase that a migration plan is in.",
    labels: ["plan", "phase"],
  },
  migrationStep: {
    name: "switchgear_migration_step",
    kind: "gauge",
    help: "The plan's step, from 1; 0 before the first.",
    labels: ["plan"],
  },
  migrationWeight: {
    name: "switchgear_migration_weight_ratio",
    kind: "gauge",
    help: "Share of sessions on the candidate arm: set, and actual since it was set.",
    labels: ["plan", "kind"],
  },
  migrationHeld: {
    name: "switchgear_migration_held",
    kind: "gauge",
    help: "1 while a plan waits for a person: paused, held by a gate, without data or capacity.",
    labels: ["plan"],
  },
  migrationDetector: {
    name: "switchgear_migration_detector_ratio",
    kind: "gauge",
    help: "How far a detector is on its way to a rollback, 0 to 1.",
    labels: ["plan", "detector"],
  },
  migrationGate: {
    name: "switchgear_migration_gate_ratio",
    kind: "gauge",
    help: "Rates of the present step by arm, and their upper 95 % bounds.",
    labels: ["plan", "what", "arm", "value"],
  },
  migrationShadow: {
    name: "switchgear_migration_shadow_requests",
    kind: "gauge",
    help: "Requests of the shadow phase by what became of them: sent, compared, repeated, client_gone, dropped_ with the reason.",
    labels: ["plan", "result"],
  },
} as const satisfies Record<string, MetricEntry>;
