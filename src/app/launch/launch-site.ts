// Where workers are started: the state directory, and the GPUs of this machine with who has which.
import type { Deployment, Pool } from "../../config/index.ts";
import {
  type DeviceClaim,
  type DeviceLease,
  type DeviceLedger,
  deviceLedger,
  type GpuDevice,
  listGpus,
  reapLeftovers,
} from "../../fleet/index.ts";
import type { Log } from "../../telemetry/index.ts";
import type { StateDirectory } from "../state-directory.ts";

export interface LaunchSite extends StateDirectory {
  /** Undefined = no GPU is known: workers see what this process sees. */
  readonly gpus: DeviceLedger | undefined;
  /** The deployment lists them itself: simulated engines stand on them, too. */
  readonly gpusStated: boolean;
  readonly log: Log;
}

const GIB = 1_073_741_824;
/** Nobody listens to their answers any more. */
const LEFTOVER_GRACE_MS = 5000;
/** vLLM's own default (vllm/config/cache.py). */
const DEFAULT_SHARE = 0.92;

export async function openLaunchSite(
  deployments: readonly Deployment[],
  { state, log }: { readonly state: StateDirectory; readonly log: Log },
): Promise<LaunchSite> {
  // They may hold the ports and the memory that are planned with.
  const ended = await reapLeftovers(state.processNotes, LEFTOVER_GRACE_MS);
  if (ended.length > 0) log.warn({ workers: ended }, "workers that a killed gateway had left running were ended");
  const settings = deployments[0]?.launcher.gpus;
  const stated = settings?.devices?.map(({ id, memoryGiB }) => ({
    id,
    memoryBytes: memoryGiB === undefined ? undefined : memoryGiB * GIB,
  }));
  const startsVllm = deployments.some(({ pools }) => pools.some(({ workers }) => workers.kind === "vllm"));
  const devices = stated ?? (settings?.discover && startsVllm ? await discovered(log) : []);
  return {
    ...state,
    gpus: devices.length === 0 ? undefined : deviceLedger(devices, { share: settings?.share ?? false }),
    gpusStated: stated !== undefined,
    log,
  };
}

async function discovered(log: Log): Promise<readonly GpuDevice[]> {
  const { devices, fault } = await listGpus();
  if (fault !== undefined) log.warn({ fault }, "no GPU inventory; workers are started without CUDA_VISIBLE_DEVICES");
  else log.info({ gpus: devices.map(({ id, name, memoryBytes }) => ({ id, name, memoryBytes })) }, "GPU inventory");
  return devices;
}

/** Simulated engines need none; they stand on GPUs where the deployment lists them. */
export function standsOnGpus({ gpus, gpusStated }: LaunchSite, { workers }: Pool): boolean {
  return gpus !== undefined && (workers.kind === "vllm" || (workers.kind === "simulated" && gpusStated));
}

/** Of one worker; undefined where it needs none or none is known. */
export function deviceLease(
  site: LaunchSite,
  { id, deployment, pool }: { readonly id: string; readonly deployment: Deployment; readonly pool: Pool },
): DeviceLease | undefined {
  const { gpus } = site;
  const { workers } = pool;
  if (gpus === undefined || workers.kind === "given" || !standsOnGpus(site, pool)) return undefined;
  const own = workers.env["CUDA_VISIBLE_DEVICES"]?.reveal();
  let claim: DeviceClaim = {
    id,
    pool: `${deployment.name}-${pool.name}`,
    count: pool.gpusPerReplica,
    share: pool.gpuMemoryUtilization ?? DEFAULT_SHARE,
    stated: own?.split(",").map((one) => one.trim()),
  };
  const first = claim;
  let held: readonly string[] = [];
  return {
    get devices() {
      return held;
    },
    take() {
      held = gpus.take(claim).map((one) => one.id);
      return { CUDA_VISIBLE_DEVICES: held.join(",") };
    },
    give() {
      gpus.give(claim);
      claim = first;
      held = [];
    },
    park() {
      gpus.give(claim);
      claim = { ...first, stated: held };
      held = [];
    },
  };
}
