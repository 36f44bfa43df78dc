// The part of an exchange that keeps its stream alive: made when the answer begins, asked when its worker is lost.
import type { Attempt } from "../attempt.ts";
import type { ExchangeParts } from "../exchange-parts.ts";
import type { Lane } from "../arms/lane.ts";
import type { Relay } from "../relay.ts";
import { type ContinuationHost, Continuer } from "./continuer.ts";

export interface KeptParts {
  readonly exchange: ExchangeParts;
  readonly host: ContinuationHost;
  readonly lane: Lane | undefined;
  readonly attempt: Attempt | undefined;
  readonly relay: Relay;
}

/** Undefined for an answer that is no stream, or one that would not be continued. */
export function continuerFor(parts: KeptParts, isStream: boolean): Continuer | undefined {
  const { exchange, attempt } = parts;
  const plan = exchange.accepted.continuation;
  if (plan === undefined || !isStream) return undefined;
  const fingerprint = exchange.context.fingerprints.get(attempt?.worker.id ?? "");
  return new Continuer({ ...parts, plan, fingerprint }, attempt);
}

/** A stream that nobody could continue has ended. */
export function countDenied({ accepted, context }: ExchangeParts): void {
  const { continuationDenied: reason } = accepted;
  if (reason === undefined || reason === "no_stream") return;
  context.books.metrics.continuationsDenied(accepted.model.name, reason).inc();
}
