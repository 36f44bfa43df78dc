// The `usage` object at the end of a whole body, without parsing what comes before it.

/** vLLM writes little behind `usage`: null members, rarely transfer parameters. */
const TAIL_BYTES = 2048;
const KEY = '"usage":';

const QUOTE = 34;
const COMMA = 44;
const BRACKET = 91;
const BRACKET_END = 93;
const BACKSLASH = 92;
const BRACE = 123;
const BRACE_END = 125;

/**
 * The value of the body's own last member `usage` when it is an object and lies near the end. Undefined for anything less
 * plain: a nested one, an escape, a key in another spelling; the whole body has to be parsed then.
 * A quote inside a JSON string is escaped, so `"usage":` behind a comma is always a key.
 */
export function lastUsage(body: Buffer | string): unknown {
  const text = typeof body === "string" ? body.slice(-TAIL_BYTES) : tailOf(body);
  const key = text.lastIndexOf(KEY);
  const before = text.charCodeAt(key - 1);
  if (key < 1 || (before !== COMMA && before !== BRACE)) return undefined;
  let value = key + KEY.length;
  while (text.charCodeAt(value) === 32) value++;
  if (text.charCodeAt(value) !== BRACE) return undefined;
  const end = ownEnd(text, value);
  return end < 0 ? undefined : JSON.parse(text.slice(value, end));
}

/** In Latin-1: of the object's members only those with ASCII names are read, and these are numbers. */
function tailOf(body: Buffer): string {
  return body.toString("latin1", Math.max(0, body.length - TAIL_BYTES));
}

/** End of the object at `start`, when what follows it closes one level with a brace and the text ends there; else -1. */
function ownEnd(text: string, start: number): number {
  let depth = 0;
  let end = -1;
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = stringEnd(text, at);
      if (at < 0) return -1;
    } else if (code === BRACE || code === BRACKET) depth++;
    else if (code === BRACE_END || code === BRACKET_END) {
      depth--;
      if (depth === 0 && end < 0) end = at + 1;
      if (depth < 0) return code === BRACE_END && text.slice(at + 1).trim() === "" ? end : -1;
    }
  }
  return -1;
}

/** Offset of the closing quote; -1 when the string has an escape or is once more the name `usage`. */
function stringEnd(text: string, quote: number): number {
  const end = text.indexOf('"', quote + 1);
  for (let at = quote + 1; at < end; at++) if (text.charCodeAt(at) === BACKSLASH) return -1;
  return text.startsWith('"usage"', quote) ? -1 : end;
}
