// Keeps one autoscaler for each pool whose deployment enables it, and shows what they do.
import { join } from "node:path";
import { type Timer, toError } from "../../core/index.ts";
import type { ScaleRecord } from "../../autoscaling/index.ts";
import type { Cluster } from "../../cluster/index.ts";
import type { TrafficRecorder } from "../../gateway/index.ts";
import type { Metrics, ScalingSample } from "../../telemetry/index.ts";
import { servedName } from "../gateway-models.ts";
import { standsOnGpus } from "../launch/launch-site.ts";
import { gpuShares, type SharedPool } from "../launch/share-gpus.ts";
import { decisionLog } from "./decision-log.ts";
import { demandMeter } from "./demand-meter.ts";
import { type PoolScaler, poolScaler } from "./pool-scaler.ts";
import { enabledPools } from "./enabled-pools.ts";
import type { PoolParts, SampleSources } from "./sample-pool.ts";
import { poolName, type SavedCounts } from "./saved-counts.ts";
import { scaleStatus, type ScaleStatus } from "./scale-status.ts";
import { scalingSample } from "./scaling-sample.ts";
import { sharedDemand } from "./shared-demand.ts";
import { type WorkerChangeParts, workerChanges } from "./worker-changes.ts";

export interface Autoscaling {
  /** Counts what clients ask; put beside the recording of traffic. */
  readonly recorder: TrafficRecorder;
  /** From now on it decides; `queued`: requests of a model that wait in the gateway. */
  begin(queued: (model: string) => number): void;
  status(): readonly ScaleStatus[];
  /** Oldest first; undefined without such a pool. */
  decisions(pool: string): readonly ScaleRecord[] | undefined;
  dryRun(pool: string): ScaleRecord | undefined;
  /** As many as a person says, until `undefined` gives the pool back to its mode. Decides at once. */
  set(pool: string, replicas: number | undefined): Promise<ScaleRecord | undefined>;
  samples(): readonly ScalingSample[];
  close(): void;
}

export interface AutoscalingParts extends SampleSources, WorkerChangeParts {
  readonly saved: SavedCounts;
  readonly metrics: Metrics;
  /** False while another gateway of the cluster decides. */
  readonly leads: () => boolean;
  readonly cluster: Pick<Cluster, "reports" | "status"> | undefined;
}

/** Where none can be started, not each request asks again. */
const WAKE_EVERY_MS = 1000;
/** Deployments come and go by reloads. */
const LOOK_EVERY_MS = 1000;

export function startAutoscaling(parts: AutoscalingParts): Autoscaling {
  const { clock, log, roster, saved, state } = parts;
  const meter = demandMeter(clock);
  const changes = workerChanges(parts);
  const decisions = decisionLog(join(state.path, "autoscaling", "decisions.jsonl"), log);
  const scalers = new Map<string, PoolScaler>();
  const waking = new Set<string>();
  const shares = gpuShares(state.gpus, sharedPools);
  const shared = sharedDemand(parts.cluster);
  let queuedOf: (model: string) => number = () => 0;
  let timer: Timer | undefined;
  let closed = false;

  function sync(): void {
    const wanted = new Map(enabledPools(roster.deployments).map((one) => [poolName(one.deployment, one.pool), one]));
    for (const [name, scaler] of scalers) {
      if (wanted.has(name)) continue;
      scaler.close();
      scalers.delete(name);
    }
    for (const [name, one] of wanted) if (!scalers.has(name)) scalers.set(name, newScaler(one));
  }

  function newScaler(first: PoolParts): PoolScaler {
    const { deployment, pool } = first;
    return poolScaler({
      ...parts,
      parts: () => inForce(first),
      reader: meter.reader(servedName(deployment), () => wake(poolName(deployment, pool)), pool.role),
      changes,
      shares,
      others: () => shared.of(poolName(deployment, pool)),
      decisions,
      queued: (model) => queuedOf(model),
    });
  }

  /** The first request of a pool without workers does not wait for the next decision; it waits in the gateway by then. */
  function wake(name: string): void {
    if (waking.has(name) || staying(name) > 0) return;
    waking.add(name);
    clock.after(WAKE_EVERY_MS, () => void waking.delete(name));
    clock.after(0, () => {
      const scaler = scalers.get(name);
      if (scaler && !closed && mayDecide(scaler)) void attempt(scaler);
    });
  }

  /** Requests that wait at a gateway for workers of its own cannot wait for it to lead, nor for an etcd that is away. */
  function mayDecide(scaler: PoolScaler): boolean {
    return parts.leads() || (!scaler.isShared && staying(scaler.name) === 0 && queuedOf(scaler.model) > 0);
  }

  /** As the last reload left it. */
  function inForce(first: PoolParts): PoolParts {
    const deployment = roster.deployments.find(({ name }) => name === first.deployment.name);
    const pool = deployment?.pools.find(({ name }) => name === first.pool.name);
    return deployment && pool ? { deployment, pool } : first;
  }

  function sharedPools(): ReadonlyMap<string, SharedPool> {
    const started = [...scalers].filter(([, one]) => standsOnGpus(state, one.parts().pool));
    return new Map(started.map(([name, one]) => [name, { ...one.parts(), replicas: staying(name) }]));
  }

  function staying(pool: string): number {
    const ids = roster.specs.map(({ id }) => id);
    return ids.filter((id) => id.startsWith(`${pool}-`) && /^\d+$/.test(id.slice(pool.length + 1))).length;
  }

  async function look(): Promise<void> {
    sync();
    saved.retry();
    for (const scaler of scalers.values()) if (clock.now() >= scaler.dueAt && mayDecide(scaler)) await attempt(scaler);
    if (closed) return;
    if (parts.cluster !== undefined && !parts.leads()) tellDemand();
    const dueIn = parts.leads() ? [...scalers.values()].map(({ dueAt }) => dueAt - clock.now()) : [];
    const next = Math.min(...dueIn, LOOK_EVERY_MS);
    timer = clock.after(Math.max(0, next), () => void look());
  }

  function tellDemand(): void {
    shared.tell(
      Object.fromEntries([...scalers.values()].flatMap((one) => (one.isShared ? [[one.name, one.told()]] : []))),
    );
  }

  async function attempt(scaler: PoolScaler): Promise<void> {
    await scaler.step().catch((error: unknown) => {
      log.error({ pool: scaler.name, error: toError(error).message }, "no scaling decision could be made");
    });
  }

  return {
    recorder: meter.recorder,
    begin(queued) {
      queuedOf = queued;
      void look();
    },
    status: () => [...scalers.values()].map((one) => scaleStatus(one, roster)),
    decisions: (pool) => (scalers.has(pool) ? decisions.last(pool) : undefined),
    dryRun: (pool) => scalers.get(pool)?.dryRun(),
    async set(pool, replicas) {
      const scaler = scalers.get(pool);
      if (scaler === undefined) return undefined;
      saved.set(pool, { replicas: saved.of(pool)?.replicas ?? scaleStatus(scaler, roster).current, manual: replicas });
      return scaler.step();
    },
    samples: () => [...scalers.values()].map((one) => scalingSample(scaleStatus(one, roster))),
    close() {
      closed = true;
      timer?.cancel();
      changes.close();
      for (const one of scalers.values()) one.close();
    },
  };
}
