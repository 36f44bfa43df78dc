// How many of this machine's GPUs each pool may have while several of them scale: where they bring most goodput rate.
import {
  kneeRate,
  planPlacement,
  type PlacementModel,
  type RecordedSettings,
  type ScaleDecision,
  settingsOf,
} from "../../autoscaling/index.ts";
import type { Deployment, Pool } from "../../config/index.ts";
import type { DeviceLedger } from "../../fleet/index.ts";

export interface SharedPool {
  readonly deployment: Deployment;
  readonly pool: Pool;
  /** Without those that leave. */
  readonly replicas: number;
}

export interface GpuShares {
  /** The settings with a lower upper bound where others need the GPUs more; a pool's last decision tells what it needs. */
  limited(name: string, settings: RecordedSettings, last: ScaleDecision | undefined): RecordedSettings;
}

interface Load {
  /** Requests a second to expect, with the headroom that the pool keeps. */
  readonly offered: number;
  /** Requests a second of one worker within the SLO. */
  readonly each: number;
}

/** A smaller gain is not worth a start and a stop. */
const LEAST_GAIN = 1.05;
/** One stop and one start: the next decision makes the next ones. */
const CHANGES = 2;

/** `pools`: those that scale, by name. */
export function gpuShares(gpus: DeviceLedger | undefined, pools: () => ReadonlyMap<string, SharedPool>): GpuShares {
  const loads = new Map<string, Load>();

  function note(name: string, settings: RecordedSettings, last: ScaleDecision | undefined): void {
    const { demand, expectedRequestsPerSecond: expected, correction } = last?.inputs ?? {};
    if (demand === undefined || expected === undefined || correction === undefined) return;
    const each = kneeRate(demand, { settings: settingsOf(settings), correction });
    if (Number.isFinite(each) && each > 0) loads.set(name, { offered: expected / settings.headroom, each });
  }

  function limited(name: string, settings: RecordedSettings, last: ScaleDecision | undefined): RecordedSettings {
    note(name, settings, last);
    const known = pools();
    const own = known.get(name);
    if (gpus === undefined || own === undefined || known.size < 2 || own.deployment.launcher.gpus.share)
      return settings;
    const most = mostReplicas(name, own, { gpus, known, loads });
    return most === undefined || most >= settings.maxReplicas
      ? settings
      : { ...settings, maxReplicas: Math.max(most, settings.minReplicas, 1) };
  }

  return { limited };
}

interface Surroundings {
  readonly gpus: DeviceLedger;
  readonly known: ReadonlyMap<string, SharedPool>;
  readonly loads: ReadonlyMap<string, Load>;
}

/** Undefined where nothing can be said: the bounds of the deployment hold. */
function mostReplicas(
  name: string,
  { pool, replicas }: SharedPool,
  { gpus, known, loads }: Surroundings,
): number | undefined {
  const size = pool.gpusPerReplica;
  const isOfOthers = (id: string): boolean =>
    ![...known.keys()].some((one) => id.startsWith(`${one}-`) && /^\d+$/.test(id.slice(one.length + 1)));
  const held = gpus.devices.map(({ id }) => gpus.holders(id));
  const usable = held.filter((holders) => !holders.some(isOfOthers)).length;
  const freeNow = held.filter((holders) => holders.length === 0).length;
  const current = Object.fromEntries([...known].map(([id, one]) => [id, { here: one.replicas }]));
  const answer = planPlacement({
    nodes: [{ id: "here", gpus: usable, domain: "here" }],
    models: modelsOf(known, loads),
    current,
    maxChanges: CHANGES,
  });
  if (!answer.feasible) return undefined;
  const { before, after, placement } = answer.plan;
  const planned = after > before * LEAST_GAIN ? placement : current;
  const count = (id: string): number => planned[id]?.["here"] ?? 0;
  const used = [...known].reduce((sum, [id, one]) => sum + count(id) * one.pool.gpusPerReplica, 0);
  const most = count(name) + Math.floor((usable - used) / size);
  // What another pool still holds is had when it has left.
  return most < replicas ? most : Math.min(most, replicas + Math.floor(freeNow / size));
}

function modelsOf(known: Surroundings["known"], loads: Surroundings["loads"]): readonly PlacementModel[] {
  const byDeployment = Map.groupBy(known, ([, { deployment }]) => deployment.name);
  return [...byDeployment].map(([name, pools]) => {
    const load = pools.map(([id]) => loads.get(id));
    const offered = Math.max(0, ...load.map((one) => one?.offered ?? 0));
    return {
      name,
      priority: pools[0]?.[1].deployment.launcher.priority ?? 1,
      pools: pools.map(([id, { pool, replicas }], i) => ({
        id,
        gpusPerReplica: pool.gpusPerReplica,
        // Of a pool whose load is not known nothing is taken, and nothing is given to it.
        min: load[i] === undefined ? replicas : Math.min(pool.minReplicas, replicas),
        max: load[i] === undefined ? replicas : Math.max(pool.maxReplicas, replicas),
      })),
      goodputRate: (counts) => Math.min(offered, ...counts.map((count, i) => count * (load[i]?.each ?? 0))),
    };
  });
}
