// What the plan asks the process to do. Every effect may be done twice: after a crash it is.
import type { ArmCounts } from "../rollback/evidence.ts";

export type PlanEffect =
  /** Applied in the same tick; answered by `weightApplied` with the number. */
  | { readonly type: "setWeight"; readonly weight: number; readonly seq: number }
  | { readonly type: "runPreflight" }
  | { readonly type: "startShadow" }
  | { readonly type: "stopShadow" }
  /** Answered by `gate` with the same weight number and look. */
  | {
      readonly type: "judgeStep";
      readonly step: number;
      readonly seq: number;
      readonly look: number;
      readonly alpha: number;
      readonly legacy: ArmCounts;
      readonly candidate: ArmCounts;
    }
  /** In-flight requests of the candidate finish; those not yet sent, or without a first byte, are retried once on the legacy arm. */
  | { readonly type: "drainCandidate" }
  | { readonly type: "saveEvidence"; readonly reasons: readonly string[] }
  /** The legacy arm may give its capacity back. */
  | { readonly type: "releaseLegacy" }
  | { readonly type: "log"; readonly level: "info" | "warn" | "error"; readonly text: string }
  | { readonly type: "notify"; readonly kind: NotifyKind; readonly text: string };

export type NotifyKind = "step" | "held" | "paused" | "rolled-back" | "aborted" | "completed" | "verdict";
