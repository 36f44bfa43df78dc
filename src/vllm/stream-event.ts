// What an event of a generation stream is, told from its bytes without parsing JSON.

/** Bits of `streamEventFlags`. */
export const STREAM_EVENT = {
  /** `[DONE]`. */
  done: 1,
  /** Carries a `usage` object (every chunk does with continuous usage). */
  usage: 2,
  /** A choice has a `finish_reason` (or Anthropic `stop_reason`) that is not null. */
  finished: 4,
  /** An in-band `{"error": …}`: the request failed although the status was 200. */
  error: 8,
  /** Brings output: text, reasoning, a tool call or token ids; not the role chunk. */
  token: 16,
} as const;

/**
 * A quote inside a JSON string is escaped, so `"usage":` as bytes is always a key: no text of the model can look like one.
 * One pass to Latin-1 and searches in it cost less than searches in the buffer, each of which is a call out of the engine.
 */
export function streamEventFlags(data: Buffer): number {
  if (data.length === 0) return 0;
  // "[DONE]" and nothing else starts with a bracket.
  if (data[0] === 91) return data.length >= 6 && data.toString("latin1", 0, 6) === "[DONE]" ? STREAM_EVENT.done : 0;
  const text = data.toString("latin1");
  let flags = 0;
  if (hasValue(text, '"usage":', isBrace)) flags |= STREAM_EVENT.usage;
  if (isFinished(text)) flags |= STREAM_EVENT.finished;
  if (isInBandError(text)) flags |= STREAM_EVENT.error;
  else if (bringsOutput(text)) flags |= STREAM_EVENT.token;
  return flags;
}

/** The first `finish_reason` that is not null. */
export function finishReasonOf(data: Buffer): string | undefined {
  const text = data.toString("latin1");
  const at = valueAt(text, '"finish_reason":', isQuote);
  return at < 0 ? undefined : text.slice(at + 1, text.indexOf('"', at + 1));
}

type Test = (code: number) => boolean;
const isBrace: Test = (code) => code === 123;
const isQuote: Test = (code) => code === 34;

function hasValue(text: string, key: string, test: Test): boolean {
  return valueAt(text, key, test) >= 0;
}

/** Offset of the first value of `key` whose first character passes `test`. */
function valueAt(text: string, key: string, test: Test, from = 0): number {
  for (let at = text.indexOf(key, from); at >= 0; at = text.indexOf(key, at + key.length)) {
    let value = at + key.length;
    while (text.charCodeAt(value) === 32) value++;
    if (test(text.charCodeAt(value))) return value;
  }
  return -1;
}

/** Anthropic's message_delta has a stop_reason; chat chunks have one too, but only beside a finish_reason. */
function isFinished(text: string): boolean {
  const at = text.indexOf('"finish_reason":');
  if (at >= 0) return valueAt(text, '"finish_reason":', isQuote, at) >= 0;
  return hasValue(text, '"stop_reason":', isQuote);
}

/** vLLM writes `{"error": {…}}`; its messages and responses routes `{"type":"error",…}`. */
function isInBandError(text: string): boolean {
  let at = 1;
  while (text.charCodeAt(at) === 32) at++;
  // Nearly all events begin with their id.
  const first = text.charCodeAt(at + 1);
  if (first !== 101 && first !== 116) return false;
  return text.startsWith('"error"', at) || /^"type"\s*:\s*"error"/.test(text.slice(at, at + 40));
}

const TEXT_KEYS = [
  '"content":',
  '"text":',
  '"reasoning":',
  '"reasoning_content":',
  '"delta":',
  '"partial_json":',
  '"thinking":',
];

function bringsOutput(text: string): boolean {
  for (const key of TEXT_KEYS) if (hasText(text, key)) return true;
  // The quote before it tells `"token_ids"` from `"prompt_token_ids"`.
  return text.includes('"tool_calls":[{') || /"token_ids":\s*\[\s*\d/.test(text);
}

/** A value of `key` is a string that is not empty. */
function hasText(text: string, key: string): boolean {
  for (let at = text.indexOf(key); at >= 0; at = text.indexOf(key, at + key.length)) {
    let value = at + key.length;
    while (text.charCodeAt(value) === 32) value++;
    if (text.charCodeAt(value) === 34 && text.charCodeAt(value + 1) !== 34) return true;
  }
  return false;
}
