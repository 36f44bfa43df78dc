// One process at a time writes a plan's log: a file with its process id and start time says which.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SwitchgearError } from "../../core/index.ts";

export interface PlanLock {
  release(): void;
}

export function lockPlan(folder: string): PlanLock {
  const file = join(folder, "lock");
  if (!created(file)) {
    const { pid: holder, started } = readHolder(file);
    if (holder !== process.pid && isAlive(holder, started)) throw taken(file, holder);
    // Left behind by a crash.
    rmSync(file, { force: true });
    if (!created(file)) throw taken(file, holder);
  }
  return { release: () => rmSync(file, { force: true }) };
}

/** Another process that lives drives the plan of this folder. */
export function isPlanLocked(folder: string): boolean {
  try {
    const { pid, started } = readHolder(join(folder, "lock"));
    return pid !== process.pid && isAlive(pid, started);
  } catch {
    return false;
  }
}

function created(file: string): boolean {
  try {
    const started = startTime(process.pid);
    const text = started === undefined ? String(process.pid) : `${process.pid} ${started}`;
    writeFileSync(file, text, { flag: "wx", mode: 0o600 });
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

interface Holder {
  readonly pid: number;
  readonly started: string | undefined;
}

function readHolder(file: string): Holder {
  const [pid, started] = readFileSync(file, "utf8").split(" ");
  return { pid: Number(pid), started };
}

/** After a reboot, or much later, another process may have the number: it began at another time. */
function isAlive(pid: number, started: string | undefined): boolean {
  const now = startTime(pid);
  if (started !== undefined && now !== undefined) return now === started;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/** Ticks since boot (proc(5), field 22, counted after the name) and the boot's own id; undefined where there is no /proc. */
function startTime(pid: number): string | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    return `${fields[19]}@${readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()}`;
  } catch {
    return undefined;
  }
}

function taken(file: string, holder: number): SwitchgearError {
  return new SwitchgearError("SWG_PLAN_LOCKED", `the migration plan is driven by process ${holder}`, {
    value: holder,
    where: file,
    expected: "one gateway for each state directory",
    hint: "stop the other process; a restart by SIGUSR2 under --supervised hands a plan over",
  });
}
