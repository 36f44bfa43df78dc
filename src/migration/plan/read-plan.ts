// The state that a plan's log describes, read without a hand on the file: another process may be writing it.
import { readFileSync } from "node:fs";
import { decodeLog } from "./log-codec.ts";
import { replay } from "./replay.ts";
import type { PlanState } from "./state.ts";

/** Undefined for a plan that has not begun. Throws SWG_PLAN_LOG_INVALID for a damaged log. */
export function readPlan(logFile: string): PlanState | undefined {
  return replay(decodeLog(bytesOf(logFile), logFile).records);
}

function bytesOf(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return Buffer.alloc(0);
    throw error;
  }
}
