// Trace files → rows: Mooncake JSONL, Azure CSV and our own JSONL, recognised by their first line.
import { SwitchgearError } from "../core/index.ts";
import { parseAzureLine } from "./azure-row.ts";
import { parseJsonLine } from "./json-row.ts";
import type { SkippedRow, Trace, TraceRow } from "./trace-row.ts";

/** Mooncake's block; a multiple of every block size that vLLM uses. */
const MOONCAKE_BLOCK = 512;

export interface ParseTraceOptions {
  /** For messages. */
  readonly file: string;
  /** Fail at the first bad row instead of counting it. */
  readonly strict?: boolean;
}

/** Throws SWG_TRACE_INVALID when nothing can be read, or at the first bad row when `strict`. */
export function parseTrace(text: string, { file, strict = false }: ParseTraceOptions): Trace {
  const lines = text.split(/\r?\n/);
  const azure = /^\uFEFF?TIMESTAMP,ContextTokens,GeneratedTokens/i.test(lines[0] ?? "");
  const read = azure ? parseAzureLine : parseJsonLine;
  const rows: TraceRow[] = [];
  const skipped: SkippedRow[] = [];
  for (const [index, line] of lines.entries()) {
    if (line.trim() === "" || (azure && index === 0)) continue;
    const row = read(line);
    if (typeof row !== "string") rows.push(row);
    else if (strict) throw invalid(`${file}:${index + 1}: ${row}`, line);
    else skipped.push({ line: index + 1, why: row });
  }
  const first = skipped[0];
  if (rows.length === 0)
    throw invalid(`${file}: no request in it${first ? `; line ${first.line}: ${first.why}` : ""}`, lines[0]);
  const own = rows.find((row) => row.blockTokens !== undefined)?.blockTokens;
  if (own !== undefined)
    return { format: "recording", blockTokens: own, rows: fromZero(rows.map(ofSize(own))), skipped };
  const format = azure ? "azure" : rows.some((row) => row.hashIds) ? "mooncake" : "switchgear";
  return { format, blockTokens: MOONCAKE_BLOCK, rows: fromZero(rows), skipped };
}

/** Ids of another block size say nothing beside the others. */
function ofSize(size: number): (row: TraceRow) => TraceRow {
  return (row) => (row.hashIds === undefined || row.blockTokens === size ? row : { ...row, hashIds: undefined });
}

function fromZero(rows: TraceRow[]): TraceRow[] {
  rows.sort((a, b) => a.atMs - b.atMs);
  const start = rows[0]?.atMs ?? 0;
  return rows.map((row) => ({ ...row, atMs: row.atMs - start }));
}

function invalid(message: string, line: string | undefined): SwitchgearError {
  return new SwitchgearError("SWG_TRACE_INVALID", message, {
    value: line?.slice(0, 120),
    expected:
      '{"timestamp": ms, "input_length": n, "output_length": n, "hash_ids": […]} or TIMESTAMP,ContextTokens,GeneratedTokens',
  });
}
