// One row of Azure's public LLM inference traces: TIMESTAMP,ContextTokens,GeneratedTokens.
import type { TraceRow } from "./trace-row.ts";

/** A row, or why the line is none. Times are UTC with up to seven digits of a second. */
export function parseAzureLine(line: string): TraceRow | string {
  const [time = "", context = "", generated = ""] = line.split(",");
  const match = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(\.\d+)?/.exec(time);
  const seconds = match ? Date.parse(`${match[1]}T${match[2]}Z`) : Number.NaN;
  if (!Number.isFinite(seconds)) return `TIMESTAMP: expected YYYY-MM-DD HH:MM:SS.fffffff, found ${time.slice(0, 40)}`;
  const inputTokens = Number(context);
  const outputTokens = Number(generated);
  if (!Number.isInteger(inputTokens) || inputTokens < 1)
    return `ContextTokens: expected an integer ≥ 1, found ${context.slice(0, 40)}`;
  if (!Number.isInteger(outputTokens) || outputTokens < 0)
    return `GeneratedTokens: expected an integer ≥ 0, found ${generated.slice(0, 40)}`;
  const atMs = seconds + Number(match?.[3] ?? 0) * 1000;
  return { atMs, inputTokens, outputTokens: Math.max(1, outputTokens), hashIds: undefined, session: undefined };
}
