// What happens to a plan: commands of people, and facts from the gateway.
import type { Evidence } from "../rollback/evidence.ts";
import type { GateReport, ShadowVerdict } from "./state.ts";

export type Command =
  /** `override` names preflight failures that are accepted. */
  | { readonly name: "start"; readonly override?: readonly string[] }
  /** Ends the wait of the present phase or step; `force` also passes a gate or verdict that says no. */
  | { readonly name: "promote"; readonly force?: boolean }
  | { readonly name: "pause"; readonly reason?: string }
  | { readonly name: "resume" }
  /** `force` lifts the limit of the next step's weight. */
  | { readonly name: "set"; readonly weight: number; readonly force?: boolean }
  | { readonly name: "abort"; readonly reason: string }
  /** `force` also when the legacy arm may not carry everything. */
  | { readonly name: "rollback"; readonly reason?: string; readonly force?: boolean }
  | { readonly name: "rearm"; readonly reason?: string };

export type PlanEvent =
  | {
      readonly type: "command";
      readonly command: Command;
      readonly actor: string;
      /** The version the person saw; another one refuses the command. */
      readonly expectedVersion?: number;
    }
  | { readonly type: "tick" }
  | { readonly type: "evidence"; readonly evidence: Evidence }
  | { readonly type: "preflight"; readonly failures: readonly string[] }
  /** P99 TTFT of the legacy arm, as measured before the first step. */
  | { readonly type: "baseline"; readonly baselineMs: number }
  | { readonly type: "verdict"; readonly verdict: ShadowVerdict }
  | { readonly type: "gate"; readonly seq: number; readonly look: number; readonly report: GateReport }
  | { readonly type: "weightApplied"; readonly seq: number }
  | { readonly type: "capacity"; readonly legacyCanTakeAll: boolean }
  | { readonly type: "share"; readonly mismatch: boolean }
  | { readonly type: "restarted" };
