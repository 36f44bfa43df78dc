// The body of one answer on its way to the client: bytes as received, with backpressure, scanned for tokens, usage and errors.
import type { ServerResponse } from "node:http";
import {
  finishReasonOf,
  readTokenUsage,
  type SseScanner,
  sseScanner,
  STREAM_EVENT,
  streamEventFlags,
  type TokenUsage,
  type UsageRestore,
} from "../vllm/index.ts";

export interface RelaySink {
  /** A token-bearing event at `now`. */
  onToken(now: number): void;
  /** The client's socket is full: no more data until `onRoom`. */
  onFull(): void;
  onRoom(): void;
}

export interface Relay {
  /** Undefined = none came; never 0 for unknown. */
  readonly usage: TokenUsage | undefined;
  readonly finishReason: string | undefined;
  /** An in-band error event passed by, or the finish reason was `abort`. */
  readonly failedInBand: boolean;
  write(chunk: Buffer, now: number): void;
  /** What was held back; the caller ends the response. */
  finish(): void;
  /** The last bytes written ended an event. */
  readonly atBoundary: boolean;
  /** What a restored stream showed of the worker's `system_fingerprint`; null = it sends none. */
  readonly fingerprint: string | null | undefined;
}

export interface RelayParts {
  readonly response: ServerResponse;
  readonly sink: RelaySink;
}

/** One write, and a pause of the source when the client is slower. */
function writer({ response, sink }: RelayParts): (bytes: Buffer) => void {
  let waiting = false;
  const onDrain = () => {
    waiting = false;
    sink.onRoom();
  };
  return (bytes) => {
    if (response.write(bytes) || waiting) return;
    waiting = true;
    response.once("drain", onDrain);
    sink.onFull();
  };
}

/** For text/event-stream. With `restore`, the client gets the bytes vLLM would have sent without our edit. */
export function streamRelay(parts: RelayParts, restore: UsageRestore | undefined): Relay {
  const write = writer(parts);
  const { sink } = parts;
  const scanner: SseScanner = sseScanner();
  let usage: TokenUsage | undefined;
  let finishReason: string | undefined;
  let failedInBand = false;
  let now = 0;
  let out: Buffer[] = [];
  let edited = false;

  function look(data: Buffer): void {
    const flags = streamEventFlags(data);
    if (flags === 0) return;
    if ((flags & STREAM_EVENT.token) !== 0) sink.onToken(now);
    if ((flags & STREAM_EVENT.usage) !== 0 && restore === undefined) usage = readTokenUsage(data) ?? usage;
    if ((flags & STREAM_EVENT.finished) !== 0) finishReason = finishReasonOf(data) ?? finishReason;
    if ((flags & STREAM_EVENT.error) !== 0) failedInBand = true;
  }

  function onEvent(raw: Buffer, data: Buffer): void {
    look(data);
    if (restore === undefined) return;
    const given = restore.event(raw, data);
    if (given !== raw) edited = true;
    if (given !== undefined) out.push(given);
  }

  function writeRestored(chunk: Buffer): void {
    const whole = scanner.atBoundary;
    out = [];
    edited = false;
    scanner.push(chunk, onEvent);
    if (!edited && whole && scanner.atBoundary) write(chunk);
    else if (out.length > 0) write(out.length === 1 ? (out[0] ?? chunk) : Buffer.concat(out));
  }

  return {
    get usage() {
      return restore?.usage ?? usage;
    },
    get finishReason() {
      return finishReason;
    },
    get failedInBand() {
      return failedInBand || finishReason === "abort";
    },
    get atBoundary() {
      return restore !== undefined || scanner.atBoundary;
    },
    get fingerprint() {
      // Only the usage event tells that there is none.
      return restore?.fingerprint ?? (restore?.usage === undefined ? undefined : null);
    },
    write(chunk, at) {
      now = at;
      if (restore !== undefined) return writeRestored(chunk);
      write(chunk);
      scanner.push(chunk, onEvent);
    },
    finish() {
      if (restore === undefined) return;
      const held = restore.end();
      if (held !== undefined) write(held);
      // An event that never ended says nothing that can be used.
    },
  };
}

/** Larger bodies are relayed without a look at their end: embeddings carry no generation. */
const KEPT_BYTES = 4 * 1024 * 1024;

/** For whole bodies: kept beside the relay, within a limit, and parsed once at the end for usage. */
export function wholeRelay(parts: RelayParts): Relay {
  const write = writer(parts);
  let chunks: Buffer[] = [];
  let bytes = 0;
  let usage: TokenUsage | undefined;
  let finishReason: string | undefined;

  return {
    get usage() {
      return usage;
    },
    get finishReason() {
      return finishReason;
    },
    get failedInBand() {
      return finishReason === "abort";
    },
    atBoundary: true,
    fingerprint: undefined,
    write(chunk) {
      bytes += chunk.length;
      if (bytes <= KEPT_BYTES) chunks.push(chunk);
      write(chunk);
    },
    finish() {
      if (bytes > KEPT_BYTES) return;
      const body = chunks.length === 1 ? (chunks[0] ?? Buffer.alloc(0)) : Buffer.concat(chunks);
      chunks = [];
      usage = readTokenUsage(body);
      finishReason = finishReasonOf(body);
    },
  };
}
