// Who changed what and when, append-only; the last entries are kept at hand.
import { appendFileSync } from "node:fs";
import type { AuditEntry } from "../../migration/index.ts";
import { readJsonLines } from "./json-lines.ts";

export interface AuditLog {
  /** Throws when it cannot be written. */
  add(entry: AuditEntry): void;
  last(): readonly AuditEntry[];
}

const KEPT = 500;

export function auditLog(file: string): AuditLog {
  // A torn line is missed by nobody: the plan's own log is what decides.
  const kept = readJsonLines<AuditEntry>(file).slice(-KEPT);
  return {
    add(entry) {
      kept.push(entry);
      if (kept.length > KEPT) kept.shift();
      appendFileSync(file, `${JSON.stringify(entry)}\n`, { mode: 0o600, flush: true });
    },
    last: () => [...kept],
  };
}
