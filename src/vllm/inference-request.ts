// The body of an inference request, reduced to what the gateway looks at; everything else is passed through unread.
import { isUtf8 } from "node:buffer";
import { SwitchgearError } from "../core/index.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

/** Total: a field that is absent or of a wrong type is undefined (the worker refuses wrong types in its own words). */
export interface InferenceRequest {
  readonly model: string | undefined;
  readonly stream: boolean;
  /** `stream_options.include_usage` */
  readonly includeUsage: boolean;
  readonly continuousUsage: boolean;
  /** Choices a prompt; 1 when absent. */
  readonly n: number;
  /** `max_completion_tokens`, else `max_tokens`, else `max_output_tokens`. */
  readonly maxTokens: number | undefined;
  readonly user: string | undefined;
  readonly promptCacheKey: string | undefined;
  readonly sessionId: string | undefined;
  readonly requestId: string | undefined;
  readonly cacheSalt: string | undefined;
  readonly priority: number | undefined;
  readonly returnTokenIds: boolean;
  /** The whole body as parsed; the last of duplicate keys counts, as in vLLM. */
  readonly fields: JsonObject;
  /** Set when `fields` lack the prompt: what `sessionKey` needs of it. */
  readonly abridged?: { readonly openingKey: string | undefined };
}

/** Python's json gives up at about a thousand levels; no request needs more than this. */
const MAX_DEPTH = 256;

/** Throws SWG_REQUEST_INVALID with the fault and its position. */
export function parseInferenceRequest(body: Uint8Array): InferenceRequest {
  const fields = parseJsonObject(body);
  const streamOptions = fields["stream_options"];
  return {
    model: modelOf(fields),
    stream: lenientBoolean(fields["stream"]),
    includeUsage: isObject(streamOptions) && lenientBoolean(streamOptions["include_usage"]),
    continuousUsage: isObject(streamOptions) && lenientBoolean(streamOptions["continuous_usage_stats"]),
    n: lenientInteger(fields["n"]) ?? 1,
    maxTokens:
      lenientInteger(fields["max_completion_tokens"]) ??
      lenientInteger(fields["max_tokens"]) ??
      lenientInteger(fields["max_output_tokens"]),
    user: text(fields["user"]),
    promptCacheKey: text(fields["prompt_cache_key"]),
    sessionId: text(fields["session_id"]),
    requestId: text(fields["request_id"]),
    cacheSalt: text(fields["cache_salt"]),
    priority: lenientInteger(fields["priority"]),
    returnTokenIds: lenientBoolean(fields["return_token_ids"]),
    fields,
  };
}

/** A body that has to be one JSON object, at most 256 levels deep. */
export function parseJsonObject(body: Uint8Array): JsonObject {
  if (body.length === 0) throw invalid("the body is empty", { expected: "a JSON object" });
  if (!isUtf8(body)) throw invalid("the body is not UTF-8", { expected: "a JSON object in UTF-8" });
  const value = parseJson(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString());
  if (!isObject(value))
    throw invalid(`the body is ${kindOf(value)}`, { value: kindOf(value), expected: "a JSON object" });
  if (deeperThan(value, MAX_DEPTH))
    throw invalid(`the body is nested deeper than ${MAX_DEPTH} levels`, { expected: `at most ${MAX_DEPTH}` });
  return value;
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    const position = /position (\d+)/.exec(message)?.[1];
    const where = position === undefined ? {} : { where: `position ${position}` };
    throw invalid(`the body is not valid JSON: ${message}`, { expected: "a JSON object", cause: thrown, ...where });
  }
}

/** The nesting is the client's choice, so the recursion ends at `limit`. */
function deeperThan(value: object, limit: number): boolean {
  if (limit < 0) return true;
  if (Array.isArray(value)) {
    for (const child of value as unknown[]) if (isDeep(child, limit)) return true;
    return false;
  }
  // The keys of a parsed object are its own; listing them would cost an array each.
  for (const key in value) if (isDeep((value as JsonObject)[key], limit)) return true;
  return false;
}

function isDeep(child: unknown, limit: number): boolean {
  return typeof child === "object" && child !== null && deeperThan(child, limit - 1);
}

function modelOf(fields: JsonObject): string | undefined {
  const model = fields["model"];
  if (model === undefined || model === null) return undefined;
  if (typeof model !== "string")
    throw invalid("model is not a string", { value: kindOf(model), where: "model", expected: "a string" });
  return model;
}

const TRUE_WORDS = new Set(["1", "true", "t", "yes", "y", "on"]);

/** What pydantic takes for true in a bool field: vLLM streams when it reads `"stream": "yes"`. */
export function lenientBoolean(value: unknown): boolean {
  return value === true || value === 1 || (typeof value === "string" && TRUE_WORDS.has(value.toLowerCase()));
}

/** A number, or a string of one, as pydantic reads an int field. */
export function lenientInteger(value: unknown): number | undefined {
  const number = typeof value === "string" && /^\s*[+-]?\d+\s*$/.test(value) ? Number(value) : value;
  return typeof number === "number" && Number.isSafeInteger(number) ? number : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "an array" : `a ${typeof value}`;
}

function invalid(message: string, details: ConstructorParameters<typeof SwitchgearError>[2]): SwitchgearError {
  return new SwitchgearError("SWG_REQUEST_INVALID", message, details);
}
