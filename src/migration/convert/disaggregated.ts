// The gate before strategy `disaggregated`, and what its two pools must agree on.
import { SwitchgearError } from "../../core/index.ts";
import type { PlanTarget } from "../plan/plan.ts";
import type { Context } from "./context.ts";

/** The seed's words. */
export const COLOCATED_FIRST =
  "Start the migration with strategy: colocated (prefill and decode on the same GPUs), which matches vLLM’s behavior. " +
  "Validate correctness and performance first. Switch to strategy: disaggregated only after confirming that the colocated " +
  "setup works correctly. Disaggregated mode requires KV cache transfer infrastructure and introduces new failure modes.";

export interface PoolCheck {
  readonly check: string;
  readonly result: "ok" | "failed" | "unknown";
  readonly reason: string;
}

export interface Validated {
  readonly model: unknown;
  /** Of migrations that were completed, by the state directory. */
  readonly onRecord: readonly PlanTarget[];
  /** `--colocated-validated` */
  readonly stated: boolean;
}

export function requireColocated({ model, onRecord, stated }: Validated): void {
  if (stated || onRecord.some((one) => one.strategy === "colocated" && one.model === model)) return;
  throw new SwitchgearError("SWG_COLOCATED_FIRST", COLOCATED_FIRST, {
    where: "--strategy disaggregated",
    expected: `a completed migration of ${String(model)} to a colocated deployment on record, or --colocated-validated`,
    ...(onRecord.length > 0 && { value: onRecord.map((one) => `${one.model}, ${one.strategy}`).join("; ") }),
  });
}

export function poolChecks({ effective }: Context): PoolCheck[] {
  const same = (what: string): PoolCheck => ({ check: what, result: "ok", reason: "both pools get the same options" });
  return [
    same("equal block size"),
    same("equal KV-cache type"),
    same("tensor parallel sizes that divide each other"),
    transferCheck(effective.get("--kv-transfer-config")),
  ];
}

function transferCheck(config: unknown): PoolCheck {
  const check = "a way for KV blocks between the pools";
  const about = config as { readonly kv_connector?: unknown; readonly kv_role?: unknown } | null | undefined;
  if (about === undefined || about === null) {
    const reason = "no --kv-transfer-config is given; both pools need the same connector, with kv_role kv_both";
    return { check, result: "unknown", reason };
  }
  if (about.kv_role === "kv_both") return { check, result: "ok", reason: `${String(about.kv_connector)}, kv_both` };
  const reason = `kv_role is ${String(about.kv_role)} for both pools; give kv_both, or set the pools' args apart with --set`;
  return { check, result: "failed", reason };
}
