// A recording of traffic (`serve --record`): lengths, times and which blocks are equal, read for evidence and what-if.
import { type Trace, parseTrace } from "../workload/index.ts";

export interface Recording {
  readonly file: string;
  readonly trace: Trace;
  /** Of streamed requests, ascending. */
  readonly ttftMs: readonly number[];
  readonly models: readonly string[];
}

/** Throws SWG_TRACE_INVALID. Any trace that `simulate` reads will do; only recordings have latencies. */
export function readRecording(file: string, text: string): Recording {
  const trace = parseTrace(text, { file });
  const rows = trace.format === "recording" ? text.split("\n").flatMap(latenciesOf) : [];
  const ttftMs = rows.flatMap((one) => one.ttftMs ?? []).sort((a, b) => a - b);
  return { file, trace, ttftMs, models: [...new Set(rows.flatMap((one) => one.model ?? []))] };
}

interface Latencies {
  readonly ttftMs: number | undefined;
  readonly model: string | undefined;
}

/** Bad lines were counted by the trace's reader. */
function latenciesOf(line: string): readonly Latencies[] {
  try {
    const { ttft_ms: ttft, model } = JSON.parse(line) as { readonly ttft_ms?: unknown; readonly model?: unknown };
    return [
      {
        ttftMs: typeof ttft === "number" && ttft >= 0 ? ttft : undefined,
        model: typeof model === "string" ? model : undefined,
      },
    ];
  } catch {
    return [];
  }
}
