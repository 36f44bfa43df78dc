// What a rollback leaves to look at: state, counts, the last legs of the candidate, the plan; files in a folder of its own.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ArmLeg } from "../../gateway/index.ts";
import type { PlanState } from "../../migration/index.ts";

export interface EvidenceBundle {
  readonly at: number;
  readonly reasons: readonly string[];
  readonly state: PlanState;
  readonly legs: readonly ArmLeg[];
  readonly status: unknown;
}

/** Written anew after a crash: the same rollback has the same name. */
export function saveEvidence(folder: string, bundle: EvidenceBundle): string {
  const { state, legs, status, reasons } = bundle;
  const at = state.ended?.at ?? bundle.at;
  const path = join(folder, new Date(at).toISOString().replaceAll(":", "-"));
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const files: Readonly<Record<string, unknown>> = {
    "reasons.json": { at, reasons, planHash: planHash(state) },
    "state.json": state,
    "status.json": status,
    "candidate-legs.json": legs,
  };
  for (const [name, value] of Object.entries(files)) {
    writeFileSync(join(path, name), `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600, flush: true });
  }
  return path;
}

export function bundles(folder: string): readonly string[] {
  return readdirSync(folder).sort();
}

export function planHash({ plan }: Pick<PlanState, "plan">): string {
  return createHash("sha256").update(JSON.stringify(plan)).digest("hex");
}

/** The last failing legs: what happened just before. */
export function lastFailures(limit = 50): { note(leg: ArmLeg): void; list(): readonly ArmLeg[] } {
  const kept: ArmLeg[] = [];
  return {
    note(leg) {
      if (leg.arm !== "candidate" || leg.class === "ok" || leg.class === "client-cancel") return;
      kept.push(leg);
      if (kept.length > limit) kept.shift();
    },
    list: () => [...kept],
  };
}
