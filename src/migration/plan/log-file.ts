// The write-ahead log of a plan in a file: append, sync, cut a torn end, start over from a snapshot.
import { closeSync, fsyncSync, ftruncateSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { decodeLog, encodeRecord, type LogRecord } from "./log-codec.ts";

export interface PlanLog {
  /** Records found when the log was opened. */
  readonly records: readonly LogRecord[];
  /** In the file when it returns; on the disk too when `durable`. Throws when it cannot be written. */
  append(record: LogRecord, durable: boolean): void;
  /** Replaces the log by one record, atomically. */
  restart(record: LogRecord): void;
  readonly length: number;
  close(): void;
}

export function openPlanLog(path: string): PlanLog {
  mkdirSync(dirname(path), { recursive: true });
  let file = openSync(path, "a+", 0o600);
  const { records, validBytes } = decodeLog(readFileSync(path), path);
  ftruncateSync(file, validBytes);
  let length = records.length;
  let size = validBytes;

  return {
    records,
    get length() {
      return length;
    },
    append(record, durable) {
      const bytes = Buffer.from(encodeRecord(record, length));
      appendWhole(file, bytes, size);
      size += bytes.length;
      length++;
      if (durable) fsyncSync(file);
    },
    restart(record) {
      const next = openSync(`${path}.new`, "w", 0o600);
      const bytes = Buffer.from(encodeRecord(record, 0));
      try {
        writeAll(next, bytes);
        fsyncSync(next);
      } finally {
        closeSync(next);
      }
      renameSync(`${path}.new`, path);
      syncFolder(dirname(path));
      closeSync(file);
      file = openSync(path, "a+", 0o600);
      size = bytes.length;
      length = 1;
    },
    close: () => closeSync(file),
  };
}

/** A record that does not fit on the disk leaves no half of itself for the next one to follow. */
function appendWhole(file: number, bytes: Uint8Array, size: number): void {
  try {
    writeAll(file, bytes);
  } catch (thrown) {
    ftruncateSync(file, size);
    throw thrown;
  }
}

function writeAll(file: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
}

/** Without it the new name may be lost with the power. */
function syncFolder(path: string): void {
  const folder = openSync(path, "r");
  fsyncSync(folder);
  closeSync(folder);
}
