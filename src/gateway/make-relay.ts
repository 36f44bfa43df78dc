// The relay that fits an answer: a stream, restored when the gateway asked for usage on the client's behalf, or a whole body.
import { usageRestore } from "../vllm/index.ts";
import type { Relay, RelayParts } from "./relay.ts";
import { StreamRelay } from "./stream-relay.ts";
import { WholeRelay } from "./whole-relay.ts";

export interface RelayKind {
  readonly events: boolean;
  readonly restored: boolean;
  /** What the worker is known to send; undefined = not known. */
  readonly fingerprint: string | null | undefined;
}

export function makeRelay(parts: RelayParts, { events, restored, fingerprint }: RelayKind): Relay {
  if (!events) return new WholeRelay(parts);
  return new StreamRelay(parts, restored ? usageRestore({ fingerprint }) : undefined);
}
