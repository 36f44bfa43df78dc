// What a relayed answer leaves behind: usage and end for the books, what it tells of the worker for the next request.
import type { ExchangeParts } from "./exchange-parts.ts";
import type { Relay } from "./relay.ts";

export function noteAnswer({ record, context, accepted }: ExchangeParts, relay: Relay, worker: string): void {
  record.usage = relay.usage;
  record.finishReason = relay.finishReason;
  if (relay.fingerprint !== undefined) context.fingerprints.set(worker, relay.fingerprint);
  if (record.status === 404 && accepted.adapter !== undefined) context.adapters.doubt(worker);
}
