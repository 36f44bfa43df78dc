// The files of one plan in the state directory: its log, salt, audit, pairs and evidence.
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface PlanFolder {
  readonly path: string;
  readonly log: string;
  readonly audit: string;
  readonly pairs: string;
  readonly evidence: string;
  /** Of pairs, when the plan asks for them. */
  readonly texts: string;
  /** Looks and counts of the shadow phase. */
  readonly shadow: string;
  /** Secret: without it nobody can choose the arm of his session. */
  readonly salt: Buffer;
}

export function planFolder(stateDirectory: string, plan: string): PlanFolder {
  const path = join(stateDirectory, "migrations", plan);
  mkdirSync(join(path, "evidence"), { recursive: true, mode: 0o700 });
  return {
    path,
    log: join(path, "plan.log"),
    audit: join(path, "audit.jsonl"),
    pairs: join(path, "pairs.jsonl"),
    evidence: join(path, "evidence"),
    texts: join(path, "texts"),
    shadow: join(path, "shadow.json"),
    salt: saltOf(join(path, "salt")),
  };
}

const SALT_BYTES = 32;

/** Renamed into place: a half-written salt would move every session at the next start. */
function saltOf(file: string): Buffer {
  try {
    const salt = readFileSync(file);
    if (salt.length === SALT_BYTES) return salt;
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
  }
  const salt = randomBytes(SALT_BYTES);
  writeFileSync(`${file}.new`, salt, { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return salt;
}
