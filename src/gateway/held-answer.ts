// The body of an answer that may still be withdrawn, because it may be a worker's fault.

import type { IncomingHttpHeaders } from "node:http";
import { isEventStream } from "./headers.ts";
import type { ForwardRoute } from "./routes.ts";
import { mayBeWorkerFault } from "./worker-fault.ts";

/** A larger body is not one of vLLM's refusals: it is relayed. */
const REFUSAL_BYTES = 64 * 1024;

/** A whole answer comes at once when it is done: held, it can still be withdrawn when its worker is lost on the way or aborts it. */
const WHOLE_BYTES = 1024 * 1024;

export interface AnswerBegun {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly route: ForwardRoute;
  /** Any failure may go to another arm. */
  readonly crosses: boolean;
}

/** Undefined for what is relayed as it comes. */
export function heldFor({ status, headers, route, crosses }: AnswerBegun): HeldAnswer | undefined {
  if (mayBeWorkerFault(status) || (status >= 500 && crosses)) return new HeldAnswer(REFUSAL_BYTES);
  const generates = route.routing === "policy";
  return status === 200 && generates && !isEventStream(headers) ? new HeldAnswer(WHOLE_BYTES) : undefined;
}

export class HeldAnswer {
  readonly #limit: number;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** False when it is too long to be held. */
  add(chunk: Buffer): boolean {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    return this.#bytes <= this.#limit;
  }

  get body(): Buffer {
    return Buffer.concat(this.#chunks);
  }
}
