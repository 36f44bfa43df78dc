// What the migrations that a state directory records as completed moved to; reads, never writes: a gateway may be running on it.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { PlanTarget } from "./plan.ts";
import { readPlan } from "./read-plan.ts";

/** Empty where there is no such folder. A damaged log proves nothing, nor does a move to a server elsewhere. */
export function completedOnRecord(stateDirectory: string): readonly PlanTarget[] {
  const folder = join(stateDirectory, "migrations");
  return namesIn(folder).flatMap((name) => targetOf(join(folder, name, "plan.log")));
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function targetOf(file: string): readonly PlanTarget[] {
  try {
    const state = readPlan(file);
    return state?.phase === "completed" && state.plan.target !== undefined ? [state.plan.target] : [];
  } catch {
    return [];
  }
}
