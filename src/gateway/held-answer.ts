// The body of an answer that may still be withdrawn, because it may be a worker's fault.

/** A larger body is not one of vLLM's refusals: it is relayed. */
const LIMIT = 64 * 1024;

export class HeldAnswer {
  readonly #chunks: Buffer[] = [];
  #bytes = 0;

  /** False when it is too long to be a refusal. */
  add(chunk: Buffer): boolean {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    return this.#bytes <= LIMIT;
  }

  get body(): Buffer {
    return Buffer.concat(this.#chunks);
  }
}
