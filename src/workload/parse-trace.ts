// Trace files → rows: Mooncake JSONL, Azure CSV, Dynamo's request trace, our recordings and plain JSONL, recognised by their first line.
import { SwitchgearError } from "../core/index.ts";
import { parseAzureLine } from "./azure-row.ts";
import { dynamoLineReader, isDynamoLine } from "./dynamo-row.ts";
import { jsonLineReader } from "./json-row.ts";
import type { SkippedRow, Trace, TraceRow } from "./trace-row.ts";

/** Mooncake's block; a multiple of every block size that vLLM uses. */
const MOONCAKE_BLOCK = 512;

export interface ParseTraceOptions {
  /** For messages. */
  readonly file: string;
  /** Fail at the first bad row instead of counting it. */
  readonly strict?: boolean;
}

type Kind = "azure" | "dynamo" | "json";

/** Throws SWG_TRACE_INVALID when nothing can be read, or at the first bad row when `strict`. */
export function parseTrace(text: string, { file, strict = false }: ParseTraceOptions): Trace {
  const lines = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  const kind = kindOf(lines);
  const read = readerOf(kind);
  const rows: TraceRow[] = [];
  const skipped: SkippedRow[] = [];
  for (const [index, line] of lines.entries()) {
    if (line.trim() === "" || (kind === "azure" && index === 0)) continue;
    const row = read(line);
    if (row === undefined) continue;
    if (typeof row !== "string") rows.push(row);
    else if (strict) throw invalid(`${file}:${index + 1}: ${row}`, line);
    else skipped.push({ line: index + 1, why: row });
  }
  const first = skipped[0];
  if (rows.length === 0)
    throw invalid(`${file}: no request in it${first ? `; line ${first.line}: ${first.why}` : ""}`, lines[0]);
  return { ...blocksOf(kind, rows), skipped };
}

function kindOf(lines: readonly string[]): Kind {
  if (/^TIMESTAMP,ContextTokens,GeneratedTokens/i.test(lines[0] ?? "")) return "azure";
  return lines.slice(0, 20).some(isDynamoLine) ? "dynamo" : "json";
}

function readerOf(kind: Kind): (line: string) => TraceRow | string | undefined {
  if (kind === "azure") return parseAzureLine;
  return kind === "dynamo" ? dynamoLineReader() : jsonLineReader();
}

function blocksOf(kind: Kind, rows: TraceRow[]): Omit<Trace, "skipped"> {
  const own = rows.find((row) => row.blockTokens !== undefined)?.blockTokens;
  if (own !== undefined) {
    const format = kind === "dynamo" ? "dynamo" : "recording";
    return { format, blockTokens: own, rows: fromZero(rows.map(ofSize(own))) };
  }
  const format = kind === "azure" ? "azure" : rows.some((row) => row.hashIds) ? "mooncake" : "switchgear";
  return { format, blockTokens: MOONCAKE_BLOCK, rows: fromZero(rows) };
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
      '{"timestamp": ms, "input_length": n, "output_length": n, "hash_ids": […]}, TIMESTAMP,ContextTokens,GeneratedTokens or dynamo.request.trace.v1',
  });
}
