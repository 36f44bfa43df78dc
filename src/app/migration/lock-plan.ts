// One process at a time writes a plan's log: a file with its process id says which.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SwitchgearError } from "../../core/index.ts";

export interface PlanLock {
  release(): void;
}

export function lockPlan(folder: string): PlanLock {
  const file = join(folder, "lock");
  if (!created(file)) {
    const holder = Number(readFileSync(file, "utf8"));
    if (holder !== process.pid && isAlive(holder)) throw taken(file, holder);
    // Left behind by a crash.
    rmSync(file, { force: true });
    if (!created(file)) throw taken(file, holder);
  }
  return { release: () => rmSync(file, { force: true }) };
}

function created(file: string): boolean {
  try {
    writeFileSync(file, String(process.pid), { flag: "wx", mode: 0o600 });
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

function taken(file: string, holder: number): SwitchgearError {
  return new SwitchgearError("SWG_PLAN_LOCKED", `the migration plan is driven by process ${holder}`, {
    value: holder,
    where: file,
    expected: "one gateway for each state directory",
    hint: "stop the other process; a hand-over to a successor is not possible while a plan is configured",
  });
}
