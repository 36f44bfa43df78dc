// A whole body on its way to the client: relayed as it comes, kept beside within a limit, parsed once at its end for usage.
import { finishReasonOf, readTokenUsage, type TokenUsage } from "../vllm/index.ts";
import { ClientWriter, type Relay, type RelayParts } from "./relay.ts";

/** Larger bodies are relayed without a look at their end: embeddings carry no generation. */
const KEPT_BYTES = 4 * 1024 * 1024;

export class WholeRelay implements Relay {
  usage: TokenUsage | undefined = undefined;
  finishReason: string | undefined = undefined;
  readonly overloadedInBand = false;
  readonly atBoundary = true;
  readonly fingerprint = undefined;
  readonly #writer: ClientWriter;
  #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(parts: RelayParts) {
    this.#writer = new ClientWriter(parts);
  }

  get failedInBand(): boolean {
    return this.finishReason === "abort";
  }

  write(chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes <= KEPT_BYTES) this.#chunks.push(chunk);
    else this.#chunks = [];
    this.#writer.write(chunk);
  }

  finish(): void {
    if (this.#bytes > KEPT_BYTES) return;
    const [first] = this.#chunks;
    const body = this.#chunks.length === 1 && first !== undefined ? first : Buffer.concat(this.#chunks);
    this.#chunks = [];
    this.usage = readTokenUsage(body);
    this.finishReason = finishReasonOf(body);
  }
}
