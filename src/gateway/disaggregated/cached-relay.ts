// A relay before which the usage of a split request becomes that of one worker.
import { type SseScanner, sseScanner } from "../../vllm/index.ts";
import type { Relay } from "../relay.ts";
import { RelayBefore } from "../relay-before.ts";
import { type CachedCounts, withCachedCounts } from "./cached-usage.ts";

/** A longer whole body is relayed as it is. */
const KEPT_BYTES = 4 * 1024 * 1024;

export class CachedRelay extends RelayBefore {
  readonly #counts: CachedCounts;
  readonly #scanner: SseScanner | undefined;
  #kept: Buffer[] | undefined = [];
  #bytes = 0;
  #now = 0;

  constructor(relay: Relay, counts: CachedCounts, isStream: boolean) {
    super(relay);
    this.#counts = counts;
    this.#scanner = isStream ? sseScanner() : undefined;
  }

  write(chunk: Buffer, now: number): void {
    this.#now = now;
    if (this.#scanner !== undefined) return this.#writeEvents(this.#scanner, chunk);
    if (this.#kept === undefined) return this.inner.write(chunk, now);
    this.#kept.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes > KEPT_BYTES) this.#flush((body) => body);
  }

  finish(): void {
    const rest = this.#scanner?.rest();
    if (rest !== undefined && rest.length > 0) this.inner.write(rest, this.#now);
    if (this.#scanner === undefined) this.#flush((body) => withCachedCounts(body, this.#counts));
    this.inner.finish();
  }

  #flush(edit: (body: Buffer) => Buffer): void {
    const kept = this.#kept;
    this.#kept = undefined;
    if (kept !== undefined && kept.length > 0) this.inner.write(edit(Buffer.concat(kept)), this.#now);
  }

  #writeEvents(scanner: SseScanner, chunk: Buffer): void {
    const out: Buffer[] = [];
    scanner.push(chunk, (raw, data) => {
      const said = withCachedCounts(data, this.#counts);
      out.push(said === data ? Buffer.from(raw) : Buffer.concat([Buffer.from("data: "), said, Buffer.from("\n\n")]));
    });
    if (out.length > 0) this.inner.write(out.length === 1 ? (out[0] ?? chunk) : Buffer.concat(out), this.#now);
  }
}
