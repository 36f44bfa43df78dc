// The body of one answer on its way to the client: what is common to streams and whole bodies.
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Writable } from "node:stream";
import type { TokenUsage } from "../vllm/index.ts";

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
  /** By that event nothing is wrong with the worker: it is full, or the request is at fault. */
  readonly overloadedInBand: boolean;
  /** Of a stream: neither a finish, nor an error, nor `[DONE]` has come. */
  readonly unfinished?: boolean;
  write(chunk: Buffer, now: number): void;
  /** One whole event, in Latin-1, that brings output and nothing else. */
  writeToken?(event: string, now: number): void;
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

/**
 * Writes with backpressure. Relays are classes: an object literal with getters gets a hidden class of its own each time,
 * which keeps the request alive until the next full collection.
 */
export class ClientWriter {
  readonly #response: ServerResponse;
  readonly #sink: RelaySink;
  #waiting = false;
  /** The head of the response has been sent, or will be before anything else. */
  #begun = false;
  /** Chunks with their frames that go out at the end of this turn: what came in one read leaves in one write. */
  #pending = "";

  constructor({ response, sink }: RelayParts) {
    this.#response = response;
    this.#sink = sink;
  }

  write(bytes: Buffer): void {
    this.flush();
    // Nothing written sends no head either.
    if (bytes.length === 0) return;
    this.#begun = true;
    if (!this.#response.write(bytes)) this.#full(this.#response);
  }

  /** One event, in Latin-1. */
  writeText(text: string): void {
    const response = this.#response;
    if (!this.#begun || framedSocket(response) === undefined) {
      this.#begun = true;
      if (!response.write(text, "latin1")) this.#full(response);
      return;
    }
    if (this.#pending === "") process.nextTick(flush, this);
    this.#pending += `${text.length.toString(16)}\r\n${text}\r\n`;
  }

  /** Before the response is ended. */
  flush(): void {
    const frames = this.#pending;
    this.#pending = "";
    if (frames === "" || this.#response.writableEnded) return;
    const socket = framedSocket(this.#response);
    if (socket?.write(frames, "latin1") === false) this.#full(socket);
  }

  #full(stream: Writable): void {
    // Also while it waits: another worker may have taken over, which nobody has told yet.
    this.#sink.onFull();
    if (this.#waiting) return;
    this.#waiting = true;
    stream.once("drain", () => {
      this.#waiting = false;
      if (!this.#response.writableEnded) this.#sink.onRoom();
    });
  }
}

function flush(writer: ClientWriter): void {
  writer.flush();
}

/**
 * The socket of a response whose head is out and whose body is chunked: a chunk with its frame is one string to it, where
 * `response.write` makes four writes, a cork and a task of it. Undefined while an earlier response has the connection, and while
 * node:http keeps back what this response wrote in this turn, its head among it.
 */
function framedSocket(response: ServerResponse): Socket | undefined {
  const { socket } = response;
  if (socket === null || !socket.writable || response.writableCorked > 0) return undefined;
  return response.chunkedEncoding ? socket : undefined;
}
