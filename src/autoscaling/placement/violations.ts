// The proof that a placement may be: every rule looked at again, from the problem alone. Pure.
import type { Placement, PlacementProblem } from "./placement-problem.ts";

/** Empty = feasible. */
export function violations({ nodes, models }: PlacementProblem, placement: Placement): readonly string[] {
  const pools = models.flatMap((model) => model.pools);
  const bounds = pools.flatMap(({ id, min, max }) => {
    const total = Object.values(placement[id] ?? {}).reduce((sum, count) => sum + count, 0);
    return total < min || total > max ? [`${id}: ${total} replicas, allowed are ${min} to ${max}`] : [];
  });
  const rooms = nodes.flatMap(({ id, gpus }) => {
    const used = pools.reduce((sum, pool) => sum + pool.gpusPerReplica * (placement[pool.id]?.[id] ?? 0), 0);
    return used > gpus ? [`${id}: ${used} of ${gpus} GPUs`] : [];
  });
  const known = new Set(nodes.map(({ id }) => id));
  const strays = pools.flatMap(({ id }) =>
    Object.entries(placement[id] ?? {}).flatMap(([node, count]) =>
      known.has(node) && Number.isInteger(count) && count >= 0 ? [] : [`${id}: ${count} replicas on ${node}`],
    ),
  );
  return [...bounds, ...rooms, ...strays];
}
