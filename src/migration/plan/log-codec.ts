// The lines of a plan's log: a checksum, a blank, one JSON record with its number.
import { crc32 } from "node:zlib";
import { SwitchgearError } from "../../core/index.ts";
import type { PlanEvent } from "./event.ts";
import type { MigrationPlan } from "./plan.ts";
import type { PlanState } from "./state.ts";

/** Rises when an older release could not read the log any more. */
export const LOG_FORMAT = 1;

export type LogRecord =
  | { readonly kind: "plan"; readonly format: number; readonly at: number; readonly plan: MigrationPlan }
  /** Stands in for everything before it. */
  | { readonly kind: "snapshot"; readonly format: number; readonly at: number; readonly state: PlanState }
  | { readonly kind: "event"; readonly at: number; readonly event: PlanEvent };

export function encodeRecord(record: LogRecord, number: number): string {
  const json = JSON.stringify({ n: number, ...record });
  return `${checksum(json)} ${json}\n`;
}

export interface DecodedLog {
  readonly records: readonly LogRecord[];
  /** Bytes up to the end of the last whole record: what follows was torn by a crash and never took effect. */
  readonly validBytes: number;
}

/** A torn end is cut off; a damaged line with whole ones after it is an error, never skipped. */
export function decodeLog(bytes: Uint8Array, where: string): DecodedLog {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const records: LogRecord[] = [];
  let start = 0;
  for (let end = buffer.indexOf(10, start); end >= 0; end = buffer.indexOf(10, start)) {
    const record = decodeLine(buffer.toString("utf8", start, end), records.length);
    if (record === undefined) {
      if (buffer.indexOf(10, end + 1) >= 0) throw damaged(where, records.length + 1);
      break;
    }
    if (record.kind !== "event" && record.format > LOG_FORMAT) throw newer(where, record.format);
    if (record.kind === "event" && records.length === 0) throw damaged(where, 1);
    records.push(record);
    start = end + 1;
  }
  return { records, validBytes: start };
}

function decodeLine(line: string, number: number): LogRecord | undefined {
  const json = line.slice(9);
  if (line[8] !== " " || line.slice(0, 8) !== checksum(json)) return undefined;
  const { n, ...record } = JSON.parse(json) as LogRecord & { n: number };
  return n === number ? record : undefined;
}

function checksum(json: string): string {
  return crc32(json).toString(16).padStart(8, "0");
}

function damaged(where: string, line: number): SwitchgearError {
  return new SwitchgearError("SWG_PLAN_LOG_INVALID", `Line ${line} of the migration log is damaged.`, {
    where: `${where}:${line}`,
    expected: "whole records; only the last may be torn",
    hint: "Keep the file for analysis and start the plan anew; traffic stays on the legacy arm meanwhile.",
  });
}

function newer(where: string, format: number): SwitchgearError {
  return new SwitchgearError("SWG_PLAN_LOG_INVALID", "The migration log was written by a newer release.", {
    value: format,
    where,
    expected: `format ${LOG_FORMAT} or older`,
  });
}
