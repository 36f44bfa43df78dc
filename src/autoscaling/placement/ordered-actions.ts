// The way from one placement to another: starts and stops in an order that is possible at each step. Pure.
import type { Board, Counts } from "./board.ts";
import type { PlacementAction } from "./placement-problem.ts";

/** Starts where there is room come first, stops only of pools above their minimum; undefined when that leads nowhere. */
export function orderedActions(on: Board, target: Counts): readonly PlacementAction[] | undefined {
  const width = on.nodes.length;
  const actions: PlacementAction[] = [];
  let now = on.current;

  function step(by: 1 | -1): boolean {
    for (const [i, wanted] of target.entries()) {
      const [p, n] = [Math.floor(i / width), i % width];
      const [pool, node] = [on.pools[p], on.nodes[n]];
      if (pool === undefined || node === undefined || Math.sign(wanted - (now[i] ?? 0)) !== by) continue;
      if (by === 1 ? on.freeGpus(now, n) < pool.gpusPerReplica : on.total(now, p) <= pool.min) continue;
      now = on.with(now, { pool: p, node: n, by });
      actions.push({ do: by === 1 ? "start" : "stop", pool: pool.id, node: node.id });
      return true;
    }
    return false;
  }

  while (step(1) || step(-1));
  return now.every((count, i) => count === target[i]) ? actions : undefined;
}
