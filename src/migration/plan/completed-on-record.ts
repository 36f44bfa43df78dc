// Which migrations a state directory records as completed; reads, never writes: a gateway may be running on it.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { readPlan } from "./read-plan.ts";

/** Names of the plans; empty where there is no such folder. A damaged log proves nothing. */
export function completedOnRecord(stateDirectory: string): readonly string[] {
  const folder = join(stateDirectory, "migrations");
  return namesIn(folder).filter((name) => phaseOf(join(folder, name, "plan.log")) === "completed");
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function phaseOf(file: string): string | undefined {
  try {
    return readPlan(file)?.phase;
  } catch {
    return undefined;
  }
}
