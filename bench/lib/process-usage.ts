// CPU time and memory of a process with all its children, from /proc.
import { readdirSync, readFileSync } from "node:fs";

/** USER_HZ: fixed at 100 in Linux' interface to user space. */
const TICKS_PER_SECOND = 100;

interface ProcessStat {
  readonly parent: number;
  readonly ticks: number;
}

/** User and system time so far of `root` and everything it started that still runs. */
export function cpuSeconds(root: number): number {
  return [...tree(root)].reduce((sum, [pid, one]) => sum + cpuSecondsOf(pid, one), 0);
}

/** Resident memory of the same processes. */
export function residentMegabytes(root: number): number {
  let kilobytes = 0;
  for (const pid of tree(root).keys())
    kilobytes += Number(/^VmRSS:\s*(\d+)/m.exec(text(`/proc/${pid}/status`))?.[1] ?? 0);
  return kilobytes / 1024;
}

function tree(root: number): Map<number, ProcessStat> {
  const all = new Map<number, ProcessStat>();
  for (const name of readdirSync("/proc")) {
    const stat = /^\d+$/.test(name) ? readStat(Number(name)) : undefined;
    if (stat) all.set(Number(name), stat);
  }
  const found = new Map<number, ProcessStat>();
  const take = (pid: number): void => {
    const stat = all.get(pid);
    if (stat === undefined || found.has(pid)) return;
    found.set(pid, stat);
    for (const [child, { parent }] of all) if (parent === pid) take(child);
  };
  take(root);
  return found;
}

/** proc(5): the second field, the name, may contain spaces and brackets. */
function readStat(pid: number): ProcessStat | undefined {
  const stat = text(`/proc/${pid}/stat`);
  if (stat === "") return undefined;
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) };
}

/** A tick of 10 ms is more than a small sample takes: nanoseconds of the threads that live, where the kernel counts them. */
function cpuSecondsOf(pid: number, { ticks }: ProcessStat): number {
  const path = `/proc/${pid}/task`;
  const counted = threads(path).map((thread) => text(`${path}/${thread}/schedstat`).split(" ")[0] ?? "");
  if (counted.length === 0 || counted.includes("")) return ticks / TICKS_PER_SECOND;
  return counted.reduce((sum, nanoseconds) => sum + Number(nanoseconds), 0) / 1e9;
}

function threads(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

/** Empty when the process has ended meanwhile. */
function text(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
