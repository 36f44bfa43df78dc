// The pairs that a verdict rests on: in memory for it, and in a file for the process after this one.
import { appendFileSync, readFileSync } from "node:fs";
import { toError } from "../../core/index.ts";
import type { PairRecord } from "../../migration/index.ts";

export interface PairRecords {
  readonly all: readonly PairRecord[];
  readonly isFull: boolean;
  /** Why it could not be kept for a restart, if so. */
  keep(record: PairRecord): string | undefined;
}

/** Enough for every gate many times over. */
const MAX_PAIRS = 50_000;

export function pairRecords(file: string): PairRecords {
  const all = readPairs(file);
  return {
    all,
    get isFull() {
      return all.length >= MAX_PAIRS;
    },
    keep(record) {
      all.push(record);
      try {
        appendFileSync(file, `${JSON.stringify(record)}\n`, { mode: 0o600 });
        return undefined;
      } catch (error) {
        return toError(error).message;
      }
    },
  };
}

/** Those of before a restart; a torn line is left out. */
export function readPairs(file: string): PairRecord[] {
  try {
    return readFileSync(file, "utf8").split("\n").flatMap(parsed).slice(-MAX_PAIRS);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}

function parsed(line: string): PairRecord[] {
  try {
    return line === "" ? [] : [JSON.parse(line) as PairRecord];
  } catch {
    return [];
  }
}
