// One row of Azure's public LLM inference traces: TIMESTAMP,ContextTokens,GeneratedTokens.
import type { TraceRow } from "./trace-row.ts";

/** A row, or why the line is none. Times are UTC with up to seven digits of a second. */
export function parseAzureLine(line: string): TraceRow | string {
  const [time = "", context = "", generated = ""] = line.split(",");
  const match = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(\.\d+)?/.exec(time);
  const seconds = match ? Date.parse(`${match[1]}T${match[2]}Z`) : Number.NaN;
  if (!Number.isFinite(seconds)) return `TIMESTAMP: expected YYYY-MM-DD HH:MM:SS.fffffff, found ${time.slice(0, 40)}`;
  const inputTokens = wholeOf(context);
  const outputTokens = wholeOf(generated);
  if (!(inputTokens >= 1)) return `ContextTokens: expected an integer ≥ 1, found ${shown(context)}`;
  if (!(outputTokens >= 0)) return `GeneratedTokens: expected an integer ≥ 0, found ${shown(generated)}`;
  const atMs = seconds + Number(match?.[3] ?? 0) * 1000;
  return { atMs, inputTokens, outputTokens: Math.max(1, outputTokens), hashIds: undefined, session: undefined };
}

/** NaN for anything else: `Number` takes a missing field for 0. */
function wholeOf(text: string): number {
  const value = /^\s*\d+\s*$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(value) ? value : Number.NaN;
}

function shown(text: string): string {
  return text === "" ? "nothing" : text.slice(0, 40);
}
