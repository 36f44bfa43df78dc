// The body of one answer on its way to the client: what is common to streams and whole bodies.
import type { ServerResponse } from "node:http";
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
  /** Its code was 429 or 503: the worker is full, not broken. */
  readonly overloadedInBand: boolean;
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

/**
 * Writes with backpressure. Relays are classes: an object literal with getters gets a hidden class of its own each time,
 * which keeps the request alive until the next full collection.
 */
export class ClientWriter {
  readonly #response: ServerResponse;
  readonly #sink: RelaySink;
  #waiting = false;

  constructor({ response, sink }: RelayParts) {
    this.#response = response;
    this.#sink = sink;
  }

  write(bytes: Buffer): void {
    if (this.#response.write(bytes) || this.#waiting) return;
    this.#waiting = true;
    this.#response.once("drain", () => {
      this.#waiting = false;
      this.#sink.onRoom();
    });
    this.#sink.onFull();
  }
}
