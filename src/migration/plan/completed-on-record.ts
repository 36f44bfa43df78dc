// Which migrations a state directory records as completed; reads, never writes: a gateway may be running on it.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { decodeLog } from "./log-codec.ts";
import { replay } from "./replay.ts";

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
    return replay(decodeLog(readFileSync(file), file).records)?.phase;
  } catch {
    return undefined;
  }
}
