// All ways to fill the GPUs of one node with replicas. Pure.
import type { Board } from "./board.ts";

/** Replicas of each pool on the node. */
export type Filling = readonly number[];

export function nodeFillings({ pools, nodes }: Board, node: number): readonly Filling[] {
  const found: Filling[] = [];
  const fill = (chosen: Filling, gpus: number): void => {
    const pool = pools[chosen.length];
    if (pool === undefined) return void found.push(chosen);
    for (let count = 0; count <= pool.max && count * pool.gpusPerReplica <= gpus; count++)
      fill([...chosen, count], gpus - count * pool.gpusPerReplica);
  };
  fill([], nodes[node]?.gpus ?? 0);
  return found;
}
