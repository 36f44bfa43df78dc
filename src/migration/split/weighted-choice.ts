// Which of several models serves a session: sticky, in proportion to weights, and moved by a change of weights only where it must be.
import { sessionBucket } from "./bucket.ts";

export interface WeightedOption {
  /** Stays the same when weights change. */
  readonly id: string;
  /** 0 or more, relative to the others. */
  readonly weight: number;
}

/**
 * Weighted rendezvous hashing: each option has an exponentially distributed time of its own for the session, at a rate of
 * its weight; the first one wins, which has probability weight ÷ sum. A weight that rises makes one option's times shorter
 * and leaves the others' as they are: sessions move to it only. Undefined when all weights are 0.
 */
export function weightedChoice<Option extends WeightedOption>(
  secret: string | Uint8Array,
  options: readonly Option[],
  key: string,
): Option | undefined {
  let first: Option | undefined;
  let earliest = Infinity;
  for (const option of options) {
    if (option.weight <= 0) continue;
    const place = sessionBucket(secret, "alias", JSON.stringify([option.id, key]));
    const time = -Math.log1p(-place) / option.weight;
    if (first !== undefined && time >= earliest) continue;
    first = option;
    earliest = time;
  }
  return first;
}
