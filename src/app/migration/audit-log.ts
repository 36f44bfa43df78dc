// Who changed what and when, append-only; the last entries are kept at hand.
import { appendFileSync, readFileSync } from "node:fs";
import type { AuditEntry } from "../../migration/index.ts";

export interface AuditLog {
  /** Throws when it cannot be written. */
  add(entry: AuditEntry): void;
  last(): readonly AuditEntry[];
}

const KEPT = 500;

export function auditLog(file: string): AuditLog {
  const kept = readEntries(file).slice(-KEPT);
  return {
    add(entry) {
      kept.push(entry);
      if (kept.length > KEPT) kept.shift();
      appendFileSync(file, `${JSON.stringify(entry)}\n`, { mode: 0o600, flush: true });
    },
    last: () => [...kept],
  };
}

function readEntries(file: string): AuditEntry[] {
  try {
    return readFileSync(file, "utf8").split("\n").flatMap(parsed);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}

/** A line that a crash tore is left out: the plan's own log is what decides. */
function parsed(line: string): AuditEntry[] {
  try {
    return line === "" ? [] : [JSON.parse(line) as AuditEntry];
  } catch {
    return [];
  }
}
