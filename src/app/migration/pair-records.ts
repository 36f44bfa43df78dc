// The pairs that a verdict rests on: in memory for it, and in a file for the process after this one.
import { appendFileSync } from "node:fs";
import { toError } from "../../core/index.ts";
import type { PairRecord } from "../../migration/index.ts";
import { readJsonLines } from "./json-lines.ts";

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

/** Those of before a restart. */
export function readPairs(file: string): PairRecord[] {
  return readJsonLines<PairRecord>(file).slice(-MAX_PAIRS);
}
