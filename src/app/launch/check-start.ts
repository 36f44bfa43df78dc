// What can be known to be wrong before a worker is started: no model at its path, or no room for it in the GPUs' memory.
import { basename } from "node:path";
import type { Deployment, Pool } from "../../config/index.ts";
import type { GpuDevice } from "../../fleet/index.ts";
import { explainMemory, type MemoryDemand, requireFit } from "../../model/index.ts";
import type { ChosenProfile } from "../choose-profile.ts";
import { type LaunchSite, standsOnGpus } from "./launch-site.ts";
import { type LocalModel, modelFolder, readLocalModel } from "./model-folder.ts";

interface PoolToStart {
  readonly deployment: Deployment;
  readonly pool: Pool;
  readonly chosen: ChosenProfile;
}

/** Behind these a path is one of another file system. */
const ELSEWHERE = new Set(["docker", "podman", "nerdctl", "ssh", "srun", "kubectl"]);
/** A worker that cannot hold one request of this length is of no use. */
const LEAST_TOKENS = 4096;

/** Logs the memory arithmetic of a pool; throws SWG_MODEL_MISSING or SWG_MODEL_TOO_LARGE. */
export function checkStart(plan: PoolToStart, site: LaunchSite): void {
  const local = localModel(plan);
  const { pool, deployment } = plan;
  const { gpus, log } = site;
  if (gpus === undefined || !standsOnGpus(site, pool)) return;
  const device = smallest(gpus.devices);
  const demand = device && memoryDemand(plan, { local, device });
  if (demand === undefined) {
    log.info({ deployment: deployment.name, pool: pool.name }, "memory arithmetic: model or GPU memory is not known");
    return;
  }
  log.info({ deployment: deployment.name, pool: pool.name, arithmetic: explainMemory(demand) }, "memory arithmetic");
  warnOfOthers(gpus.devices, demand.gpuMemoryUtilization, log);
  requireFit(demand, pool.maxModelLen ?? Math.min(LEAST_TOKENS, demand.model.maxContext));
}

/** vLLM refuses to start on a device that has less free than its share. */
function warnOfOthers(devices: readonly GpuDevice[], share: number, log: LaunchSite["log"]): void {
  for (const { id, memoryBytes = 0, usedBytes = 0 } of devices) {
    if (usedBytes <= memoryBytes * (1 - share)) continue;
    log.warn(
      { gpu: id, usedBytes, memoryBytes, share },
      "other processes use so much of a GPU that a worker may not start",
    );
  }
}

function localModel({ deployment, pool }: PoolToStart): LocalModel | undefined {
  const { workers } = pool;
  const folder = modelFolder(deployment);
  if (folder === undefined || workers.kind !== "vllm" || ELSEWHERE.has(basename(workers.command[0] ?? "")))
    return undefined;
  return readLocalModel(folder, `spec.model.name of ${deployment.name}`);
}

/** A worker may be placed on any of them. */
function smallest(devices: readonly GpuDevice[]): GpuDevice | undefined {
  if (devices.some(({ memoryBytes }) => memoryBytes === undefined)) return undefined;
  return devices.toSorted((a, b) => (a.memoryBytes ?? 0) - (b.memoryBytes ?? 0))[0];
}

interface OnDevice {
  readonly local: LocalModel | undefined;
  readonly device: GpuDevice;
}

/** Undefined for a model whose shape is not known, or in a format whose size is not. */
function memoryDemand(
  { deployment, pool, chosen }: PoolToStart,
  { local, device }: OnDevice,
): MemoryDemand | undefined {
  const { profile, approximate } = chosen;
  const { dtype, quantization } = deployment.model;
  const isSimulated = pool.workers.kind === "simulated";
  const model = local?.shape ?? (approximate ? undefined : profile.model);
  const isKnownFormat =
    local?.weightBytes !== undefined || (dtype !== "float32" && /^(fp8)?$/.test(quantization ?? ""));
  if (model === undefined || !isKnownFormat || device.memoryBytes === undefined) return undefined;
  return {
    model,
    gpu: { ...profile.gpu, name: device.name ?? `GPU ${device.id}`, memoryBytes: device.memoryBytes },
    tensorParallel: pool.tensorParallelSize,
    pipelineParallel: pool.pipelineParallelSize,
    weights: isSimulated
      ? profile.weights
      : /fp8/i.test(`${quantization ?? ""} ${deployment.model.name}`)
        ? "fp8"
        : "bf16",
    statedWeightBytes: local?.weightBytes,
    kv: isSimulated ? profile.kv : argument(pool, "--kv-cache-dtype")?.startsWith("fp8") ? "fp8" : "bf16",
    blockSize: profile.limits.blockSize,
    maxBatchedTokens: profile.limits.maxBatchedTokens,
    gpuMemoryUtilization: pool.gpuMemoryUtilization ?? 0.92,
  };
}

function argument({ workers }: Pool, name: string): string | undefined {
  if (workers.kind === "given") return undefined;
  const { args } = workers;
  const joined = args.find((one) => one.startsWith(`${name}=`));
  return joined?.slice(name.length + 1) ?? (args.includes(name) ? args[args.indexOf(name) + 1] : undefined);
}
