// What a relayed answer leaves behind: usage and end for the books, and the worker's fingerprint for its next stream.
import type { ExchangeParts } from "./exchange-parts.ts";
import type { Relay } from "./relay.ts";

export function noteAnswer({ record, context }: ExchangeParts, relay: Relay, worker: string): void {
  record.usage = relay.usage;
  record.finishReason = relay.finishReason;
  if (relay.fingerprint !== undefined) context.fingerprints.set(worker, relay.fingerprint);
}
