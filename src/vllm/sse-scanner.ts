// Server-sent events, incrementally: finds event ends in bytes that arrive in any chunking, without copying a whole event.
import { SwitchgearError } from "../core/index.ts";

/**
 * `raw` is everything from the end of the event before to the end of this one's blank line; `data` is the value of its
 * data lines, joined by line feeds, empty for a comment. Both may share memory with the chunk that was pushed.
 * The raws of all events followed by `rest()` are exactly the bytes that came in.
 */
export type SseListener = (raw: Buffer, data: Buffer) => void;

export interface SseScanner {
  /** Throws SWG_SSE_EVENT_TOO_LONG when one event exceeds the limit; the scanner is then of no more use. */
  push(chunk: Uint8Array, onEvent: SseListener): void;
  /** True when no event has been begun and not ended. */
  readonly atBoundary: boolean;
  /** The bytes of the event that has not ended yet. */
  rest(): Buffer;
}

export interface SseScannerOptions {
  /** Default 16 MiB. */
  readonly maxEventBytes?: number;
}

const LF = 10;
const CR = 13;
const COLON = 58;
const SPACE = 32;
const EMPTY = Buffer.alloc(0);
const LINE_FEED = Buffer.from("\n");

export function sseScanner(options: SseScannerOptions = {}): SseScanner {
  const limit = options.maxEventBytes ?? 16 * 1024 * 1024;
  /** Storage of an event that is not complete; its first `heldLength` bytes count. */
  let held: Buffer = EMPTY;
  let heldLength = 0;
  /** Offsets from the start of the bytes under scan. */
  let line = 0;
  let searched = 0;
  /** Start and end of each data value of the current event. */
  let spans: number[] = [];
  let atStart = true;
  /** The last chunk ended in a CR that ended an event: an LF that follows belongs to it. */
  let skipLf = false;

  function push(chunk: Uint8Array, onEvent: SseListener): void {
    let bytes = asBuffer(chunk);
    if (skipLf && bytes.length > 0) {
      skipLf = false;
      if (bytes[0] === LF) {
        onEvent(bytes.subarray(0, 1), EMPTY);
        bytes = bytes.subarray(1);
      }
    }
    if (bytes.length === 0) return;
    if (heldLength > 0) bytes = append(bytes);
    keep(bytes, scan(bytes, onEvent));
  }

  /** Reports every complete event in `bytes` and returns where the first incomplete one starts. */
  function scan(bytes: Buffer, onEvent: SseListener): number {
    skipByteOrderMark(bytes);
    let eventStart = 0;
    let cr = bytes.indexOf(CR, searched);
    for (;;) {
      const lf = bytes.indexOf(LF, searched);
      if (cr >= 0 && cr < searched) cr = bytes.indexOf(CR, searched);
      const end = cr >= 0 && (lf < 0 || cr < lf) ? cr : lf;
      if (end < 0) {
        searched = bytes.length;
        return eventStart;
      }
      const blank = end === line;
      let next = end + 1;
      if (end === cr) {
        if (next < bytes.length) next += bytes[next] === LF ? 1 : 0;
        else if (blank) skipLf = true;
        else {
          // Whether an LF follows is not known yet, and nothing ends here that could not wait.
          searched = end;
          return eventStart;
        }
      }
      if (blank) {
        report(bytes.subarray(eventStart, next), joined(bytes, spans), onEvent);
        eventStart = next;
        spans = [];
      } else {
        takeField(bytes, end);
      }
      line = next;
      searched = next;
      atStart = false;
    }
  }

  function skipByteOrderMark(bytes: Buffer): void {
    if (!atStart || bytes.length < 3) return;
    atStart = false;
    if (line !== 0 || bytes[0] !== 0xef || bytes[1] !== 0xbb || bytes[2] !== 0xbf) return;
    line = 3;
    searched = Math.max(3, searched);
  }

  function takeField(bytes: Buffer, end: number): void {
    if (bytes[line] !== 100 || bytes[line + 1] !== 97 || bytes[line + 2] !== 116 || bytes[line + 3] !== 97) return;
    const colon = line + 4;
    if (colon === end) spans.push(end, end);
    else if (bytes[colon] === COLON) spans.push(bytes[colon + 1] === SPACE ? colon + 2 : colon + 1, end);
  }

  function report(raw: Buffer, data: Buffer, onEvent: SseListener): void {
    if (raw.length > limit) throw tooLong(raw.length, limit);
    onEvent(raw, data);
  }

  function append(chunk: Buffer): Buffer {
    const total = heldLength + chunk.length;
    if (total > held.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(total, held.length * 2));
      held.copy(larger, 0, 0, heldLength);
      held = larger;
    }
    chunk.copy(held, heldLength);
    heldLength = total;
    return held.subarray(0, total);
  }

  function keep(bytes: Buffer, start: number): void {
    const left = bytes.length - start;
    if (left > limit) throw tooLong(left, limit);
    if (start === 0 && heldLength > 0) return;
    heldLength = left;
    // What was reported shares memory with the old storage, so that is never written again.
    held = left === 0 ? EMPTY : Buffer.allocUnsafeSlow(Math.max(left, 512));
    bytes.copy(held, 0, start);
    line -= start;
    searched -= start;
    for (let i = 0; i < spans.length; i++) spans[i] = (spans[i] ?? 0) - start;
  }

  return {
    push,
    get atBoundary() {
      return heldLength === 0;
    },
    rest: () => held.subarray(0, heldLength),
  };
}

/** One event as vLLM writes it: each line of `data` on a data line, then a blank line. */
export function sseEvent(data: string): string {
  return data.includes("\n") || data.includes("\r")
    ? `${data
        .split(/\r\n|\r|\n/)
        .map((line) => `data: ${line}\n`)
        .join("")}\n`
    : `data: ${data}\n\n`;
}

/** The event that ends a stream of chat completions or completions. */
export const SSE_DONE = "data: [DONE]\n\n";

function asBuffer(chunk: Uint8Array): Buffer {
  return Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}

function joined(bytes: Buffer, spans: readonly number[]): Buffer {
  if (spans.length === 0) return EMPTY;
  if (spans.length === 2) return bytes.subarray(spans[0], spans[1]);
  const parts: Buffer[] = [];
  for (let i = 0; i < spans.length; i += 2) {
    if (i > 0) parts.push(LINE_FEED);
    parts.push(bytes.subarray(spans[i], spans[i + 1]));
  }
  return Buffer.concat(parts);
}

function tooLong(size: number, limit: number): SwitchgearError {
  return new SwitchgearError("SWG_SSE_EVENT_TOO_LONG", `an event of the stream is longer than ${limit} bytes`, {
    value: size,
    expected: `at most ${limit} bytes before a blank line`,
  });
}
