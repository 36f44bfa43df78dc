// One JSONL row, in Mooncake's names or Dynamo's, with our optional session.
import type { TraceRow } from "./trace-row.ts";

/** A row, or why the line is none. */
export function parseJsonLine(line: string): TraceRow | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    return `not JSON: ${error instanceof Error ? error.message : String(error)}`;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "expected a JSON object";
  const field = (...names: string[]): unknown =>
    names.map((name) => Reflect.get(value, name)).find((one) => one !== undefined);
  const atMs = field("timestamp", "created_time");
  const inputTokens = field("input_length", "input_tokens");
  const outputTokens = field("output_length", "output_tokens");
  const session = field("session_id");
  if (!isCount(atMs, 0)) return `timestamp: expected milliseconds ≥ 0, found ${JSON.stringify(atMs)}`;
  if (!isCount(inputTokens, 1)) return `input_length: expected an integer ≥ 1, found ${JSON.stringify(inputTokens)}`;
  if (!isCount(outputTokens, 0)) return `output_length: expected an integer ≥ 0, found ${JSON.stringify(outputTokens)}`;
  const hashIds = field("hash_ids");
  const blockTokens = field("block_size");
  if (hashIds !== undefined && !isIds(hashIds)) return "hash_ids: expected a list of integers ≥ 0";
  return {
    atMs,
    inputTokens,
    // A request that produced nothing still has to be asked for one token.
    outputTokens: Math.max(1, outputTokens),
    hashIds,
    ...(isCount(blockTokens, 1) && hashIds !== undefined ? { blockTokens } : {}),
    session: typeof session === "string" ? session : undefined,
  };
}

function isCount(value: unknown, least: number): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= least && value < 1e15;
}

function isIds(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((id) => Number.isSafeInteger(id) && id >= 0);
}
