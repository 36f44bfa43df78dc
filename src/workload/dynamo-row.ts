// Lines of Dynamo's request trace (`dynamo.request.trace.v1`, JSONL): one `request_end` a request, lengths and rolling hashes, no text.
import type { TraceRow } from "./trace-row.ts";

const SCHEMA = "dynamo.request.trace.v1";

/** A row, why the line is none, or undefined for an event that is no request (a tool's, a payload's). */
export type DynamoLineReader = (line: string) => TraceRow | string | undefined;

export function isDynamoLine(line: string): boolean {
  return line.includes(`"${SCHEMA}"`) || line.includes('"request_payload"');
}

/** Remembers hashes and sessions over the lines: a file wants one reader. */
export function dynamoLineReader(): DynamoLineReader {
  const numbers = new Map<string, number>();
  /** When the last answer of a session was complete. */
  const ends = new Map<string, number>();

  /** Hashes have 64 bits, which JSON numbers here do not hold: they are compared as text. */
  function idsOf(line: string): number[] | undefined {
    const list = /"input_sequence_hashes"\s*:\s*\[([^\]]*)\]/.exec(line)?.[1];
    if (list === undefined) return undefined;
    const texts = list.split(",").map((text) => text.trim());
    if (!texts.every((text) => /^\d+$/.test(text))) return undefined;
    return texts.map((text) => {
      const known = numbers.get(text) ?? numbers.size;
      numbers.set(text, known);
      return known;
    });
  }

  function pauseOf(session: string | undefined, receivedMs: number, endMs: number): number | undefined {
    if (session === undefined) return undefined;
    const before = ends.get(session);
    ends.set(session, endMs);
    return before === undefined ? undefined : Math.max(0, receivedMs - before);
  }

  return (line) => {
    const event = eventOf(line);
    if (typeof event === "string") return event;
    const type = at(event, "event_type");
    if (type === "request_payload" || (typeof type === "string" && type.startsWith("tool_"))) return undefined;
    if (type !== "request_end") return `event_type: expected request_end, found ${JSON.stringify(type)}`;
    if (at(event, "schema") !== SCHEMA)
      return `schema: expected ${SCHEMA}, found ${JSON.stringify(at(event, "schema"))}`;
    const request = at(event, "request");
    const replay = at(request, "replay");
    const receivedMs = at(request, "request_received_ms");
    const outputTokens = at(request, "output_tokens");
    const inputTokens = at(replay, "input_length");
    const blockTokens = at(replay, "trace_block_size");
    if (!isWhole(receivedMs, 0)) return wrong("request_received_ms", "milliseconds ≥ 0", receivedMs);
    if (!isWhole(outputTokens, 0)) return wrong("output_tokens", "an integer ≥ 0", outputTokens);
    if (!isWhole(inputTokens, 1)) return wrong("replay.input_length", "an integer ≥ 1", inputTokens);
    if (!isWhole(blockTokens, 1)) return wrong("replay.trace_block_size", "an integer ≥ 1", blockTokens);
    const hashIds = idsOf(line);
    if (hashIds === undefined) return "replay.input_sequence_hashes: expected a list of integers ≥ 0";
    const endMs = endOf(event, receivedMs);
    const session = at(at(event, "agent_context"), "session_id");
    const named = typeof session === "string" ? session : undefined;
    const pauseMs = pauseOf(named, receivedMs, endMs);
    return {
      atMs: receivedMs,
      inputTokens,
      outputTokens: Math.max(1, outputTokens),
      hashIds,
      blockTokens,
      session: named,
      ...(pauseMs === undefined ? {} : { pauseMs }),
    };
  };
}

/** Some sinks wrap the record in `event`. */
function eventOf(line: string): unknown {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return "expected a JSON object";
    return at(value, "event") ?? value;
  } catch (error) {
    return `not JSON: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function endOf(event: unknown, receivedMs: number): number {
  const total = at(at(event, "request"), "total_time_ms");
  if (typeof total === "number" && total >= 0) return receivedMs + total;
  const endMs = at(event, "event_time_unix_ms");
  return isWhole(endMs, receivedMs) ? endMs : receivedMs;
}

function at(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
}

function isWhole(value: unknown, least: number): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= least;
}

function wrong(field: string, expected: string, found: unknown): string {
  return `${field}: expected ${expected}, found ${JSON.stringify(found)}`;
}
