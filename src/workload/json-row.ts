// One JSONL row, in Mooncake's names or Dynamo's, with the optional session, its pause, and our recordings' block size.
import type { TraceRow } from "./trace-row.ts";

/** A row, or why the line is none. */
export type JsonLineReader = (line: string) => TraceRow | string;

/** Remembers sessions over the lines: a later turn may have a pause instead of a time. */
export function jsonLineReader(): JsonLineReader {
  const lastAt = new Map<string, number>();
  return (line) => {
    const value = objectOf(line);
    if (typeof value === "string") return value;
    const field = (...names: string[]): unknown =>
      names.map((name): unknown => Reflect.get(value, name)).find((one) => one !== undefined);
    const inputTokens = field("input_length", "input_tokens");
    const outputTokens = field("output_length", "output_tokens");
    const name = field("session_id");
    const session = typeof name === "string" || typeof name === "number" ? String(name) : undefined;
    const pauseMs = field("delay", "delay_ms");
    if (pauseMs !== undefined && !isCount(pauseMs, 0))
      return `delay: expected milliseconds ≥ 0, found ${JSON.stringify(pauseMs)}`;
    const before = session === undefined ? undefined : lastAt.get(session);
    const atMs =
      field("timestamp", "created_time") ??
      (before !== undefined && pauseMs !== undefined ? before + pauseMs : undefined);
    if (!isCount(atMs, 0)) return `timestamp: expected milliseconds ≥ 0, found ${JSON.stringify(atMs)}`;
    if (!isWhole(inputTokens, 1)) return `input_length: expected an integer ≥ 1, found ${JSON.stringify(inputTokens)}`;
    if (!isWhole(outputTokens, 0))
      return `output_length: expected an integer ≥ 0, found ${JSON.stringify(outputTokens)}`;
    const hashIds = field("hash_ids");
    const blockTokens = field("block_size");
    if (hashIds !== undefined && !isIds(hashIds)) return "hash_ids: expected a list of integers ≥ 0";
    if (blockTokens !== undefined && !isWhole(blockTokens, 1))
      return `block_size: expected an integer ≥ 1, found ${JSON.stringify(blockTokens)}`;
    if (session !== undefined) lastAt.set(session, atMs);
    return {
      atMs,
      inputTokens,
      // A request that produced nothing still has to be asked for one token.
      outputTokens: Math.max(1, outputTokens),
      hashIds,
      ...(blockTokens !== undefined && hashIds !== undefined ? { blockTokens } : {}),
      session,
      ...(pauseMs === undefined ? {} : { pauseMs }),
    };
  };
}

function objectOf(line: string): object | string {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value !== "object" || value === null || Array.isArray(value) ? "expected a JSON object" : value;
  } catch (error) {
    return `not JSON: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function isCount(value: unknown, least: number): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= least && value < 1e15;
}

function isWhole(value: unknown, least: number): value is number {
  return Number.isInteger(value) && isCount(value, least);
}

function isIds(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((id) => Number.isSafeInteger(id) && id >= 0);
}
