// The placement nearest to the current one in which each pool has its minimum. Pure.
import type { Board, Counts } from "./board.ts";
import { orderedActions } from "./ordered-actions.ts";

/** Steps of the search for a packing; sizes that divide each other, as 1, 2, 4 and 8 do, need none back. */
const MOST_STEPS = 50_000;

/** Or why there is none. */
export function packMinimums(on: Board): Counts | string {
  const overfull = on.nodes.find((_, n) => on.freeGpus(on.current, n) < 0);
  if (overfull) return `node ${overfull.id} holds more replicas than its ${overfull.gpus} GPUs`;
  const grown = grow(on, withinMaximums(on));
  if (grown !== undefined && orderedActions(on, grown) !== undefined) return grown;
  const packed = packAnew(on);
  if (packed !== undefined && orderedActions(on, packed) !== undefined) return packed;
  return tooFew(on, packed !== undefined);
}

function withinMaximums(on: Board): Counts {
  let counts = on.current;
  for (const [pool, { max }] of on.pools.entries()) {
    while (on.total(counts, pool) > max) {
      const node = fullest(on, counts, pool);
      counts = on.with(counts, { pool, node, by: -1 });
    }
  }
  return counts;
}

function fullest(on: Board, counts: Counts, pool: number): number {
  const held = on.nodes.map((_, n) => on.at(counts, pool, n));
  return held.indexOf(Math.max(...held));
}

/** Largest replicas first; others above their minimum make room, those whose loss costs least. */
function grow(on: Board, from: Counts): Counts | undefined {
  let counts = from;
  for (const pool of bySize(on)) {
    while (on.total(counts, pool) < (on.pools[pool]?.min ?? 0)) {
      const ways = on.nodes.flatMap((_, node) => {
        const room = makeRoom(on, counts, { pool, node });
        return room ? [on.with(room, { pool, node, by: 1 })] : [];
      });
      const best = ways.toSorted((a, b) => on.value(b) - on.value(a) || on.flaws(a) - on.flaws(b))[0];
      if (best === undefined) return undefined;
      counts = best;
    }
  }
  return counts;
}

function bySize({ pools }: Board): readonly number[] {
  return pools.map((_, p) => p).toSorted((a, b) => (pools[b]?.gpusPerReplica ?? 0) - (pools[a]?.gpusPerReplica ?? 0));
}

interface Place {
  readonly pool: number;
  readonly node: number;
}

function makeRoom(on: Board, from: Counts, { pool, node }: Place): Counts | undefined {
  const needed = on.pools[pool]?.gpusPerReplica ?? 0;
  let counts = from;
  while (on.freeGpus(counts, node) < needed) {
    const without = on.pools.flatMap(({ min }, p) =>
      p !== pool && on.at(counts, p, node) > 0 && on.total(counts, p) > min
        ? [on.with(counts, { pool: p, node, by: -1 })]
        : [],
    );
    const best = without.toSorted((a, b) => on.value(b) - on.value(a))[0];
    if (best === undefined) return undefined;
    counts = best;
  }
  return counts;
}

/** Only the minimums, from an empty inventory, where they stand now if possible; exhaustive within its steps. */
function packAnew(on: Board): Counts | undefined {
  const replicas = bySize(on).flatMap((p) => Array.from({ length: on.pools[p]?.min ?? 0 }, () => p));
  let steps = 0;

  function place(counts: Counts, i: number): Counts | undefined {
    const pool = replicas[i];
    if (pool === undefined) return counts;
    const tried = new Set<string>();
    for (const node of preferred(on, counts, pool)) {
      // Nodes that hold and have the same are the same choice.
      const alike = [
        on.freeGpus(counts, node),
        ...on.pools.map((_, p) => on.at(counts, p, node) - on.at(on.current, p, node)),
      ];
      if (tried.has(alike.join()) || ++steps > MOST_STEPS) continue;
      tried.add(alike.join());
      const found = place(on.with(counts, { pool, node, by: 1 }), i + 1);
      if (found) return found;
    }
    return undefined;
  }

  return place(
    on.current.map(() => 0),
    0,
  );
}

function preferred(on: Board, counts: Counts, pool: number): readonly number[] {
  const size = on.pools[pool]?.gpusPerReplica ?? 0;
  const stays = (node: number): number => (on.at(on.current, pool, node) > on.at(counts, pool, node) ? 0 : 1);
  return on.nodes
    .map((_, n) => n)
    .filter((n) => on.freeGpus(counts, n) >= size)
    .toSorted((a, b) => stays(a) - stays(b) || on.freeGpus(counts, a) - on.freeGpus(counts, b));
}

function tooFew(on: Board, isPackable: boolean): string {
  const wanted = on.pools.map(({ id, min, gpusPerReplica }) => `${id} ${min} × ${gpusPerReplica}`).join(", ");
  const sum = on.pools.reduce((all, { min, gpusPerReplica }) => all + min * gpusPerReplica, 0);
  const there = on.nodes.reduce((all, { gpus }) => all + gpus, 0);
  const why = isPackable ? "no order of starts and stops leads there" : "they do not fit";
  return `minimums of ${wanted} = ${sum} GPUs on ${on.nodes.map(({ gpus }) => gpus).join(" + ")} = ${there}: ${why}`;
}
