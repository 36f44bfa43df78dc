// Where the members of a JSON object stand in its bytes: keys and values as offsets, nothing decoded that need not be.
import { SwitchgearError } from "../core/index.ts";

/** Offsets into the bytes; ends are exclusive. The key's span includes its quotes. */
export interface JsonMember {
  readonly key: string;
  readonly keyStart: number;
  readonly valueStart: number;
  readonly valueEnd: number;
}

export interface JsonMembers {
  /** Offset of the opening brace. */
  readonly open: number;
  /** Offset of the closing brace. */
  readonly close: number;
  /** In the order of the bytes; duplicates are kept. */
  readonly members: readonly JsonMember[];
}

const QUOTE = 34;
const BACKSLASH = 92;
const COMMA = 44;
const COLON = 58;
const BRACE_OPEN = 123;
const BRACE_CLOSE = 125;
const BRACKET_OPEN = 91;
const BRACKET_CLOSE = 93;

/** Of bytes that were looked through: where long values end, by where they start. Edits of megabytes need not look again. */
const knownEnds = new WeakMap<Uint8Array, ReadonlyMap<number, number>>();
const LONG_BYTES = 4096;

type ValueSpan = Pick<JsonMember, "valueStart" | "valueEnd">;

export function isLong({ valueStart, valueEnd }: ValueSpan): boolean {
  return valueEnd - valueStart >= LONG_BYTES;
}

/** What is known of these bytes already. They must not change afterwards. */
export function noteMembers(bytes: Uint8Array, members: readonly ValueSpan[]): void {
  const long = members.filter(isLong);
  if (long.length > 0) knownEnds.set(bytes, new Map(long.map((one) => [one.valueStart, one.valueEnd])));
}

/**
 * Members of the object that starts at `from` (white space before it is skipped). Nested values are passed over by counting
 * brackets, without recursion. It is no validator: it is meant for bytes that a parser has accepted; on others it throws
 * SWG_REQUEST_INVALID or finds spans, but never reads beyond the end.
 */
export function jsonMembers(bytes: Buffer, from = 0): JsonMembers {
  const ends = knownEnds.get(bytes);
  const found = readMembers(bytes, from, ends);
  if (from === 0 && ends === undefined) noteMembers(bytes, found.members);
  return found;
}

type Ends = ReadonlyMap<number, number> | undefined;

function readMembers(bytes: Buffer, from: number, ends: Ends): JsonMembers {
  const open = skipSpace(bytes, from);
  if (bytes[open] !== BRACE_OPEN) throw malformed(open, "an object");
  const members: JsonMember[] = [];
  let at = skipSpace(bytes, open + 1);
  if (bytes[at] === BRACE_CLOSE) return { open, close: at, members };
  for (;;) {
    const member = readMember(bytes, at, ends);
    members.push(member);
    const after = skipSpace(bytes, member.valueEnd);
    if (bytes[after] === BRACE_CLOSE) return { open, close: after, members };
    if (bytes[after] !== COMMA) throw malformed(after, "a comma or a closing brace");
    at = skipSpace(bytes, after + 1);
  }
}

function readMember(bytes: Buffer, keyStart: number, ends: Ends): JsonMember {
  if (bytes[keyStart] !== QUOTE) throw malformed(keyStart, "a key in double quotes");
  const keyEnd = stringEnd(bytes, keyStart);
  const colon = skipSpace(bytes, keyEnd);
  if (bytes[colon] !== COLON) throw malformed(colon, "a colon");
  const valueStart = skipSpace(bytes, colon + 1);
  const end = ends?.get(valueStart) ?? valueEnd(bytes, valueStart);
  return { key: keyText(bytes, keyStart, keyEnd), keyStart, valueStart, valueEnd: end };
}

/** A key may be spelt with escapes: `"\u006dodel"` is `model` to every parser behind us. */
function keyText(bytes: Buffer, start: number, end: number): string {
  const inner = bytes.toString("utf8", start + 1, end - 1);
  if (!inner.includes("\\")) return inner;
  try {
    return JSON.parse(`"${inner}"`) as string;
  } catch {
    throw malformed(start, "a key with valid escapes");
  }
}

/** Offset after the closing quote of the string that opens at `start`. */
function stringEnd(bytes: Buffer, start: number): number {
  for (let quote = bytes.indexOf(QUOTE, start + 1); quote >= 0; quote = bytes.indexOf(QUOTE, quote + 1)) {
    let slashes = 0;
    while (quote - 1 - slashes > start && bytes[quote - 1 - slashes] === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return quote + 1;
  }
  throw malformed(bytes.length, "the end of a string");
}

function valueEnd(bytes: Buffer, start: number): number {
  const first = bytes[start];
  if (first === QUOTE) return stringEnd(bytes, start);
  if (first === BRACE_OPEN || first === BRACKET_OPEN) return nestedEnd(bytes, start);
  let at = start;
  while (at < bytes.length && isScalarByte(bytes[at] ?? 0)) at++;
  if (at === start) throw malformed(start, "a value");
  return at;
}

function nestedEnd(bytes: Buffer, start: number): number {
  let depth = 0;
  let at = start;
  while (at < bytes.length) {
    const byte = bytes[at];
    if (byte === QUOTE) {
      at = stringEnd(bytes, at);
      continue;
    }
    if (byte === BRACE_OPEN || byte === BRACKET_OPEN) depth++;
    else if ((byte === BRACE_CLOSE || byte === BRACKET_CLOSE) && --depth === 0) return at + 1;
    at++;
  }
  throw malformed(bytes.length, "the end of an object or array");
}

function isScalarByte(byte: number): boolean {
  return (
    byte !== COMMA &&
    byte !== BRACE_CLOSE &&
    byte !== BRACKET_CLOSE &&
    byte !== COLON &&
    byte !== QUOTE &&
    !isSpace(byte)
  );
}

function isSpace(byte: number | undefined): boolean {
  return byte === 32 || byte === 10 || byte === 13 || byte === 9;
}

function skipSpace(bytes: Buffer, from: number): number {
  let at = from;
  while (isSpace(bytes[at])) at++;
  return at;
}

function malformed(position: number, expected: string): SwitchgearError {
  return new SwitchgearError("SWG_REQUEST_INVALID", `the body is not valid JSON: expected ${expected}`, {
    where: `byte ${position}`,
    expected,
  });
}
