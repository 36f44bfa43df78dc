// The first of two legs: the prompt is computed, and its KV kept for the worker that goes on.
import type { IncomingHttpHeaders } from "node:http";
import type { Attempt, AttemptEvents } from "../attempt.ts";
import type { LimitKind } from "../leg-watch.ts";

/** Every answer but a good one is the exchange's to deal with, as that of a worker that serves alone. */
export interface PrefillLegParts {
  readonly host: AttemptEvents;
  readonly attempt: () => Attempt | undefined;
  readonly now: () => number;
  /** The whole answer, and when it began. */
  readonly done: (answer: Buffer, begunAt: number) => void;
  /** It takes too long; true when something else was done. */
  readonly tooSlow: () => boolean;
}

/** One token and its probabilities are far less. */
const LIMIT = 4 * 1024 * 1024;

export class PrefillLeg implements AttemptEvents {
  readonly #parts: PrefillLegParts;
  #chunks: Buffer[] | undefined;
  #bytes = 0;
  #begunAt = 0;

  constructor(parts: PrefillLegParts) {
    this.#parts = parts;
  }

  onHead(status: number, headers: IncomingHttpHeaders): void {
    this.#begunAt = this.#parts.now();
    if (status === 200) this.#chunks = [];
    else this.#parts.host.onHead(status, headers);
  }

  onData(chunk: Buffer): void {
    if (this.#chunks === undefined) return this.#parts.host.onData(chunk);
    const attempt = this.#parts.attempt();
    if (attempt !== undefined) attempt.lastByteAt = this.#parts.now();
    this.#bytes += chunk.length;
    if (this.#bytes > LIMIT) return this.#parts.host.onFailed(new Error("The prefill worker answers too much."), true);
    this.#chunks.push(chunk);
  }

  onEnd(): void {
    if (this.#chunks === undefined) return this.#parts.host.onEnd();
    this.#parts.done(Buffer.concat(this.#chunks), this.#begunAt);
  }

  onFailed(error: Error, started: boolean): void {
    this.#parts.host.onFailed(error, started);
  }

  onSilent(): void {
    this.#parts.host.onSilent();
  }

  onLimit(limit: LimitKind): void {
    const slow = limit === "first_byte" || limit === "idle";
    if (!slow || !this.#parts.tooSlow()) this.#parts.host.onLimit(limit);
  }
}
