// A placement as counts in an array, with the questions that the search asks of it. Pure.
import type { Placement, PlacementModel, PlacementNode, PlacementPool, PlacementProblem } from "./placement-problem.ts";

export interface PoolOnBoard extends PlacementPool {
  readonly model: PlacementModel;
}

/** `counts[p * nodes + n]`: replicas of pool p on node n. */
export type Counts = readonly number[];

export interface Board {
  readonly nodes: readonly PlacementNode[];
  readonly pools: readonly PoolOnBoard[];
  readonly models: readonly PlacementModel[];
  /** Of nodes and pools that are still there. */
  readonly current: Counts;
  at(counts: Counts, pool: number, node: number): number;
  total(counts: Counts, pool: number): number;
  freeGpus(counts: Counts, node: number): number;
  with(counts: Counts, change: { readonly pool: number; readonly node: number; readonly by: number }): Counts;
  /** Σ priority × goodput rate. */
  value(counts: Counts): number;
  /** Starts and stops from the current one. */
  changes(counts: Counts): number;
  /** Decode replicas in a domain without prefill, and replicas of a pool that share a node: fewer is better at equal value. */
  flaws(counts: Counts): number;
  placement(counts: Counts): Placement;
}

export function board({ nodes, models, current: before }: PlacementProblem): Board {
  const pools = models.flatMap((model) => model.pools.map((pool) => ({ ...pool, model })));
  const width = nodes.length;
  const current = pools.flatMap(({ id }) => nodes.map((node) => before[id]?.[node.id] ?? 0));
  const domains = [...new Set(nodes.map(({ domain }) => domain))];
  const firstPool = new Map(models.map((model) => [model, pools.findIndex((one) => one.model === model)]));

  const at = (counts: Counts, pool: number, node: number): number => counts[pool * width + node] ?? 0;
  const total = (counts: Counts, pool: number): number => {
    let sum = 0;
    for (let n = 0; n < width; n++) sum += at(counts, pool, n);
    return sum;
  };

  function value(counts: Counts): number {
    return models.reduce((sum, model) => sum + model.priority * model.goodputRate(replicasOf(model, counts)), 0);
  }

  function replicasOf(model: PlacementModel, counts: Counts): number[] {
    const first = firstPool.get(model) ?? 0;
    return model.pools.map((_, i) => total(counts, first + i));
  }

  function inDomain(counts: Counts, pool: number, domain: string): number {
    return nodes.reduce((sum, node, n) => sum + (node.domain === domain ? at(counts, pool, n) : 0), 0);
  }

  function flaws(counts: Counts): number {
    const together = counts.reduce((sum, count) => sum + (count * (count - 1)) / 2, 0);
    const apart = models.map((model) => {
      const first = firstPool.get(model) ?? 0;
      if (model.pools.length < 2) return 0;
      const far = domains.filter((one) => inDomain(counts, first, one) === 0);
      return far.reduce((sum, one) => sum + inDomain(counts, first + 1, one), 0);
    });
    // KV over a slow link costs each request; replicas that fail together cost only when a node fails.
    return together + 10 * apart.reduce((sum, one) => sum + one, 0);
  }

  return {
    nodes,
    pools,
    models,
    current,
    at,
    total,
    value,
    flaws,
    freeGpus: (counts, node) =>
      pools.reduce(
        (left, { gpusPerReplica }, p) => left - gpusPerReplica * at(counts, p, node),
        nodes[node]?.gpus ?? 0,
      ),
    with: (counts, { pool, node, by }) => counts.with(pool * width + node, at(counts, pool, node) + by),
    changes: (counts) => counts.reduce((sum, count, i) => sum + Math.abs(count - (current[i] ?? 0)), 0),
    placement: (counts) =>
      Object.fromEntries(
        pools.map(({ id }, p) => [
          id,
          Object.fromEntries(nodes.flatMap((node, n) => (at(counts, p, n) > 0 ? [[node.id, at(counts, p, n)]] : []))),
        ]),
      ),
  };
}
