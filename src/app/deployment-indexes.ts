// A KV index for each deployment, with that deployment's seed and limits; deployments may come and go.
import type { Deployment } from "../config/index.ts";
import { type KvIndex, memoryIndex } from "../kvindex/index.ts";
import { combinedIndex } from "./combined-index.ts";
import { servedName } from "./gateway-models.ts";

export interface DeploymentIndexes extends KvIndex {
  /** From now on these are the deployments; what is known of those that stay is kept. */
  update(deployments: readonly Deployment[], workers: readonly IndexedWorker[]): void;
}

export interface IndexedWorker {
  readonly id: string;
  readonly deployment: string;
}

export function deploymentIndexes(
  deployments: readonly Deployment[],
  workers: readonly IndexedWorker[],
): DeploymentIndexes {
  let known: ReadonlyMap<string, KvIndex> = new Map();
  let all = combine(deployments, workers);

  function combine(next: readonly Deployment[], its: readonly IndexedWorker[]): KvIndex {
    known = new Map(next.map((one) => [one.name, known.get(one.name) ?? indexOf(one)]));
    const idsOf = (name: string): string[] => its.filter((one) => one.deployment === name).map(({ id }) => id);
    return combinedIndex([...known].map(([name, index]) => ({ index, workers: idsOf(name) })));
  }

  return {
    update: (next, its) => {
      all = combine(next, its);
    },
    apply: (worker, batch, nowMs) => all.apply(worker, batch, nowMs),
    predict: (worker, hashes, nowMs) => all.predict(worker, hashes, nowMs),
    overlap: (hashes, ids, nowMs) => all.overlap(hashes, ids, nowMs),
    drop: (worker) => all.drop(worker),
    sweep: (nowMs) => all.sweep(nowMs),
    setStream: (worker, stream, nowMs) => all.setStream(worker, stream, nowMs),
    streamOf: (worker, nowMs) => all.streamOf(worker, nowMs),
    heldBlocks: (worker) => all.heldBlocks(worker),
    stats: () => all.stats(),
    snapshots: {
      take: (worker) => all.snapshots?.take(worker),
      restore: (worker, blocks, nowMs) => all.snapshots?.restore(worker, blocks, nowMs),
    },
  };
}

function indexOf(deployment: Deployment): KvIndex {
  const { maxBytes, ttlSeconds } = deployment.routing.kvCacheIndex;
  const seed = { model: servedName(deployment) };
  return memoryIndex({ maxBytes, ttlSeconds, seedOf: () => seed });
}
