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
  return new Scanner(options.maxEventBytes ?? 16 * 1024 * 1024);
}

/** A class, since there is one a stream and `push` runs once a token. */
class Scanner implements SseScanner {
  readonly #limit: number;
  /** Storage of an event that is not complete; its first `#heldLength` bytes count. */
  #held: Buffer = EMPTY;
  #heldLength = 0;
  /** Where the current line starts and how far it was searched, from the start of the bytes under scan. */
  #line = 0;
  #searched = 0;
  /** Start and end of each data value of the current event. */
  #spans: number[] = [];
  #atStart = true;
  /** The last chunk ended in a CR that ended an event: an LF that follows belongs to it. */
  #skipLf = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get atBoundary(): boolean {
    return this.#heldLength === 0;
  }

  rest(): Buffer {
    return this.#held.subarray(0, this.#heldLength);
  }

  push(chunk: Uint8Array, onEvent: SseListener): void {
    let bytes = asBuffer(chunk);
    if (this.#skipLf && bytes.length > 0) {
      this.#skipLf = false;
      if (bytes[0] === LF) {
        onEvent(bytes.subarray(0, 1), EMPTY);
        bytes = bytes.subarray(1);
      }
    }
    if (bytes.length === 0) return;
    if (this.#heldLength > 0) bytes = this.#append(bytes);
    this.#keep(bytes, this.#scan(bytes, onEvent));
  }

  /** Reports every complete event in `bytes` and returns where the first incomplete one starts. */
  #scan(bytes: Buffer, onEvent: SseListener): number {
    if (this.#atStart) this.#skipByteOrderMark(bytes);
    let eventStart = 0;
    let cr = bytes.indexOf(CR, this.#searched);
    for (;;) {
      const lf = bytes.indexOf(LF, this.#searched);
      if (cr >= 0 && cr < this.#searched) cr = bytes.indexOf(CR, this.#searched);
      const end = cr >= 0 && (lf < 0 || cr < lf) ? cr : lf;
      const next = end < 0 ? -1 : this.#afterLineEnd(bytes, end);
      if (next < 0) {
        // A lone CR at the end is searched again: whether an LF follows is not known yet.
        this.#searched = end < 0 ? bytes.length : end;
        return eventStart;
      }
      if (end === this.#line) {
        this.#report(bytes, eventStart, next, onEvent);
        eventStart = next;
      } else {
        this.#takeField(bytes, end);
      }
      this.#line = next;
      this.#searched = next;
    }
  }

  /** −1 when the line end cannot be told yet and nothing depends on it. */
  #afterLineEnd(bytes: Buffer, end: number): number {
    const next = end + 1;
    if (bytes[end] === LF) return next;
    if (next < bytes.length) return bytes[next] === LF ? next + 1 : next;
    if (end !== this.#line) return -1;
    this.#skipLf = true;
    return next;
  }

  #skipByteOrderMark(bytes: Buffer): void {
    if (bytes.length < 3) return;
    this.#atStart = false;
    if (bytes[0] !== 0xef || bytes[1] !== 0xbb || bytes[2] !== 0xbf) return;
    this.#line = 3;
    this.#searched = Math.max(3, this.#searched);
  }

  #takeField(bytes: Buffer, end: number): void {
    const line = this.#line;
    if (bytes[line] !== 100 || bytes[line + 1] !== 97 || bytes[line + 2] !== 116 || bytes[line + 3] !== 97) return;
    const colon = line + 4;
    if (colon === end) this.#spans.push(end, end);
    else if (bytes[colon] === COLON) this.#spans.push(bytes[colon + 1] === SPACE ? colon + 2 : colon + 1, end);
  }

  #report(bytes: Buffer, start: number, end: number, onEvent: SseListener): void {
    if (end - start > this.#limit) throw tooLong(end - start, this.#limit);
    const data = joined(bytes, this.#spans);
    this.#spans = [];
    this.#atStart = false;
    onEvent(bytes.subarray(start, end), data);
  }

  #append(chunk: Buffer): Buffer {
    const total = this.#heldLength + chunk.length;
    if (total > this.#held.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(total, this.#held.length * 2));
      this.#held.copy(larger, 0, 0, this.#heldLength);
      this.#held = larger;
    }
    chunk.copy(this.#held, this.#heldLength);
    this.#heldLength = total;
    return this.#held.subarray(0, total);
  }

  #keep(bytes: Buffer, start: number): void {
    const left = bytes.length - start;
    if (left > this.#limit) throw tooLong(left, this.#limit);
    if (start === 0 && this.#heldLength > 0) return;
    this.#heldLength = left;
    // What was reported shares memory with the old storage, so that is never written again.
    this.#held = left === 0 ? EMPTY : Buffer.allocUnsafeSlow(Math.max(left, 512));
    bytes.copy(this.#held, 0, start);
    this.#line -= start;
    this.#searched -= start;
    for (let i = 0; i < this.#spans.length; i++) this.#spans[i] = (this.#spans[i] ?? 0) - start;
  }
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
