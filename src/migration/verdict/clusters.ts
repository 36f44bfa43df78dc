// What the bootstrap draws as a whole, so that what pairs share does not pass for evidence: sessions, else stretches of time.
import type { PairRecord } from "../compare/pair-record.ts";

export interface Clusters {
  readonly count: number;
  readonly by: "sessions" | "minutes" | "stretches of time";
  of(pair: PairRecord): number;
}

/** A resample of fewer hardly differs from the sample: the interval would be far too narrow, of one session even a point. */
const ENOUGH = 30;
const MINUTE_MS = 60_000;

/** Clients that name one `user` for everybody have one session, whatever their number. */
export function clustersOf(pairs: readonly PairRecord[]): Clusters {
  const bySession = numbered(pairs, ({ session }) => session);
  if (effective(pairs, bySession) >= ENOUGH) return clusters("sessions", bySession, ({ session }) => session);
  const minute = ({ at }: PairRecord): number => Math.floor(at / MINUTE_MS);
  const byMinute = numbered(pairs, minute);
  if (byMinute.size >= ENOUGH) return clusters("minutes", byMinute, minute);
  const inOrder = pairs.toSorted((a, b) => a.at - b.at);
  const places = new Map(inOrder.map((pair, i) => [pair, Math.floor((i * ENOUGH) / pairs.length)]));
  return { count: ENOUGH, by: "stretches of time", of: (pair) => places.get(pair) ?? 0 };
}

/** As many of equal size would vary as much: one that holds nearly all pairs is one. */
function effective(pairs: readonly PairRecord[], numbers: ReadonlyMap<string, number>): number {
  const sizes = new Float64Array(numbers.size);
  for (const { session } of pairs) {
    const number = numbers.get(session) ?? 0;
    sizes[number] = (sizes[number] ?? 0) + 1;
  }
  return pairs.length ** 2 / sizes.reduce((sum, size) => sum + size * size, 0);
}

function numbered<Key>(pairs: readonly PairRecord[], keyOf: (pair: PairRecord) => Key): ReadonlyMap<Key, number> {
  const numbers = new Map<Key, number>();
  for (const key of pairs.map(keyOf)) if (!numbers.has(key)) numbers.set(key, numbers.size);
  return numbers;
}

function clusters<Key>(
  by: Clusters["by"],
  numbers: ReadonlyMap<Key, number>,
  keyOf: (pair: PairRecord) => Key,
): Clusters {
  return { count: numbers.size, by, of: (pair) => numbers.get(keyOf(pair)) ?? 0 };
}
