// Trace rows → requests with token-id prompts that share prefixes exactly as the trace says.
import { expandHashId } from "../tokens/index.ts";
import type { PlannedRequest } from "./load-client.ts";
import type { Trace, TraceRow } from "./trace-row.ts";

export interface TracePlanOptions {
  readonly model: string;
  /** Arrivals come so many times faster than recorded. */
  readonly speed: number;
  /** Prompt ids are drawn below this. */
  readonly vocabulary: number;
  /** Longer prompts are cut to it (the model's context less the output); Infinity = never. */
  readonly maxInputTokens: number;
  /** Sent as `user`, so that sticky policies see conversations. */
  readonly sendSession?: boolean;
}

export function* tracePlan(trace: Trace, options: TracePlanOptions): Generator<PlannedRequest> {
  for (const [index, row] of trace.rows.entries()) {
    yield {
      plannedAt: row.atMs / options.speed,
      path: "/v1/completions",
      body: completionBody({ ...options, prompt: promptIds(trace, index, options), row }),
    };
  }
}

/** Without hash ids nothing is shared: the row's own number makes its tokens. */
function promptIds(
  { rows, blockTokens }: Trace,
  index: number,
  { vocabulary, maxInputTokens }: TracePlanOptions,
): Int32Array {
  const { inputTokens = 0, hashIds } = rows[index] ?? {};
  const length = Math.min(inputTokens, maxInputTokens);
  const ids = new Int32Array(length);
  for (let start = 0; start < length; start += blockTokens) {
    const block = start / blockTokens;
    const id = hashIds?.[block] ?? -1 - index * 4096 - block;
    ids.set(expandHashId(id, Math.min(blockTokens, length - start), vocabulary), start);
  }
  return ids;
}

interface CompletionBody {
  readonly model: string;
  readonly prompt: Int32Array;
  readonly row: TraceRow;
  readonly sendSession?: boolean;
}

/** Joined by hand: JSON.stringify of a typed array writes an object, and a copy to an array costs more than this. */
function completionBody({ model, prompt, row, sendSession }: CompletionBody): Buffer {
  const user = sendSession && row.session !== undefined ? `"user":${JSON.stringify(row.session)},` : "";
  const fixed = `"max_tokens":${row.outputTokens},"ignore_eos":true,"temperature":0,"stream":true,"stream_options":{"include_usage":true}`;
  return Buffer.from(`{"model":${JSON.stringify(model)},${user}"prompt":[${prompt.join(",")}],${fixed}}`);
}
