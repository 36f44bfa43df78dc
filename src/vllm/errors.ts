// The literal error bodies of vLLM, with their statuses.

export interface ErrorReply {
  readonly status: number;
  /** JSON, as sent. */
  readonly body: string;
}

/** `{"error":{message,type,param,code}}`; `code` is the status. */
export function errorReply(status: number, type: string, message: string, param: string | null = null): ErrorReply {
  return { status, body: JSON.stringify({ error: { message, type, param, code: status } }) };
}

/** A request that was understood and cannot be served. The message ends with the parameter and, when given, its value. */
export function badRequest(message: string, param: string | null = null, value?: string | number): ErrorReply {
  const suffix = param === null ? "" : ` (parameter=${param}${value === undefined ? "" : `, value=${value}`})`;
  return errorReply(400, "BadRequestError", `${message}${suffix}`, param);
}

/** `value` as Python prints it: a float keeps its `.0`. */
export function unknownModel(model: string, aliases: readonly string[]): ErrorReply {
  const valid = aliases.length === 0 ? "" : ` Valid aliases: ${aliases.join(", ")}.`;
  return errorReply(404, "NotFoundError", `The model \`${model}\` does not exist.${valid}`, "model");
}

/** The prompt alone is longer than the context. vLLM tokenises text up to one token too many, and then says "at least" that. */
export function promptTooLong(maxModelLen: number, promptTokens: number): ErrorReply {
  const most = promptTokens <= maxModelLen + 1 ? "at least " : "";
  const message =
    `This model's maximum context length is ${maxModelLen} tokens. However, your prompt contains ${most}${promptTokens} input tokens, ` +
    "which exceeds this limit even without any output tokens. Please reduce the length of the input prompt.";
  return badRequest(message, "input_tokens", promptTokens);
}

export function maxTokensTooLarge(maxTokens: number, maxModelLen: number): ErrorReply {
  const message = `max_tokens=${maxTokens} cannot be greater than max_model_len=${maxModelLen}. Please request fewer output tokens.`;
  return badRequest(message, "max_tokens", maxTokens);
}

export function maxTokensTooSmall(maxTokens: number): ErrorReply {
  return badRequest(`max_tokens must be at least 1, got ${maxTokens}.`, "max_tokens", maxTokens);
}

export function choicesTooFew(n: number): ErrorReply {
  return badRequest(`n must be at least 1, got ${n}.`);
}

export function temperatureNegative(temperature: number): ErrorReply {
  const value = pythonNumber(temperature);
  return badRequest(`temperature must be non-negative, got ${value}.`, "temperature", value);
}

export function topPOutOfRange(topP: number): ErrorReply {
  const value = pythonNumber(topP);
  return badRequest(`top_p must be in (0, 1], got ${value}.`, "top_p", value);
}

export function cacheSaltEmpty(): ErrorReply {
  return badRequest("Parameter 'cache_salt' must be a non-empty string if provided.", "cache_salt");
}

export function streamOptionsWithoutStream(): ErrorReply {
  return badRequest("Stream options can only be defined when `stream=True`.", "stream_options");
}

export function emptyConversation(): ErrorReply {
  return badRequest("Cannot apply chat template to an empty conversation. Provide at least one message.");
}

export function notMultimodal(model: string): ErrorReply {
  return badRequest(`${model} is not a multimodal model`);
}

/** What pydantic found wrong with one field. */
export interface ValidationFault {
  /** missing, int_parsing, json_invalid, … */
  readonly type: string;
  /** Dotted path from `body`. */
  readonly location: string;
  readonly message: string;
  /** Python's str of the input: `<dict of 1 items>`, `abc`, `None`. */
  readonly input: string;
  readonly context?: string;
}

/** Validation of the body's shape: type "Bad Request", with a space, unlike the faults that vLLM itself finds. */
export function validationFailed(faults: readonly [ValidationFault, ...ValidationFault[]]): ErrorReply {
  const count = `${faults.length} validation error${faults.length === 1 ? "" : "s"}`;
  return errorReply(400, "Bad Request", `${count}:\n${faults.map(faultText).join("\n")}`, faults[0].location);
}

function faultText(fault: ValidationFault): string {
  const context = fault.context === undefined ? "" : `, 'ctx': {'error': '${fault.context}'}`;
  return `  {'type': '${fault.type}', 'loc': '${fault.location}', 'msg': '${fault.message}', 'input': '${fault.input}'${context}}`;
}

/** `field` undefined: the whole body is missing. */
export function fieldMissing(field: string | undefined, memberCount: number): ErrorReply {
  const location = field === undefined ? "body" : `body.${field}`;
  const input = field === undefined ? "None" : `<dict of ${memberCount} items>`;
  return validationFailed([{ type: "missing", location, message: "Field required", input }]);
}

export function notAnInteger(field: string, input: string): ErrorReply {
  const message = "Input should be a valid integer, unable to parse string as an integer";
  return validationFailed([{ type: "int_parsing", location: `body.${field}`, message, input }]);
}

/** Position and reason as `pythonJsonFault` finds them. */
export function invalidJson(position: number, reason: string): ErrorReply {
  const fault = {
    type: "json_invalid",
    location: `body.${position}`,
    message: "JSON decode error",
    input: "<dict of 0 items>",
  };
  return validationFailed([{ ...fault, context: reason }]);
}

export function wrongContentType(): ErrorReply {
  return errorReply(
    400,
    "Bad Request",
    "1 validation error:\n  Unsupported Media Type: Only 'application/json' is allowed",
  );
}

export function unauthorized(): ErrorReply {
  return { status: 401, body: '{"error":"Unauthorized"}' };
}

export function notFound(): ErrorReply {
  return { status: 404, body: '{"detail":"Not Found"}' };
}

/** The `allow` header names the methods. */
export function methodNotAllowed(): ErrorReply {
  return { status: 405, body: '{"detail":"Method Not Allowed"}' };
}

export function internalError(message: string): ErrorReply {
  return errorReply(500, "InternalServerError", message);
}

export const ENGINE_DEAD_MESSAGE = "EngineCore encountered an issue. See stack trace (above) for the root cause.";
export const SHUTTING_DOWN_MESSAGE = "cannot schedule new futures after shutdown";

export function engineDead(): ErrorReply {
  return internalError(ENGINE_DEAD_MESSAGE);
}

/** What a draining vLLM answers to a new request, which it has not begun: another worker may take it. */
export function shuttingDown(): ErrorReply {
  return internalError(SHUTTING_DOWN_MESSAGE);
}

/** vLLM with --max-num-queued-reqs or --max-num-queued-tokens. */
export function overloaded(message: string): ErrorReply {
  return errorReply(503, "Service Unavailable", message);
}

/** True when a worker certainly has not begun the request it answered so: it may be sent to another one. */
export function neverStarted(status: number, body: string): boolean {
  return status === 503 || (status === 500 && body.includes(SHUTTING_DOWN_MESSAGE));
}

/** Data of the event that ends a stream in failure under status 200; Python's json.dumps, hence the spaces. `[DONE]` follows. */
export function streamError(message: string, type = "InternalServerError", code = 500): string {
  return `{"error": {"message": ${asciiJson(message)}, "type": ${asciiJson(type)}, "param": null, "code": ${code}}}`;
}

function asciiJson(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function pythonNumber(value: number): string {
  return Number.isInteger(value) ? `${value}.0` : String(value);
}
