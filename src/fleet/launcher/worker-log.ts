// The log file of a worker process: opened for it, and kept below a size by moving what it holds to numbered files.
import { mkdirSync, openSync, statSync } from "node:fs";
import { copyFile, rename, rm, truncate } from "node:fs/promises";
import { dirname } from "node:path";

export interface LogRule {
  /** A file that has grown beyond this is moved. */
  readonly bytes: number;
  /** Moved files that are kept, `.1` the newest. */
  readonly files: number;
}

/** Undefined on a disk that cannot be written: a worker without a log beats none. */
export function openLog(file: string): number | undefined {
  try {
    mkdirSync(dirname(file), { recursive: true });
    return openSync(file, "a", 0o600);
  } catch {
    return undefined;
  }
}

export function logSize(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/**
 * The process writes to its own descriptor, which outlives this one and cannot be told to open another file: what it holds is copied, then
 * cut. It appends, so it goes on at the new end. A line written between copy and cut is lost. True when it was moved.
 */
export async function rotateLog(file: string, { bytes, files }: LogRule): Promise<boolean> {
  if (logSize(file) <= bytes) return false;
  if (files > 0) {
    await rm(`${file}.${files}`, { force: true });
    for (let i = files - 1; i >= 1; i--) await rename(`${file}.${i}`, `${file}.${i + 1}`).catch(() => undefined);
    await copyFile(file, `${file}.1`);
  }
  await truncate(file, 0);
  return true;
}
