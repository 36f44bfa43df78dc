// Deployments → the workers to watch and the processes to start.
import { type Deployment, type Endpoint, type Pool, readSecret } from "../config/index.ts";
import { type KvEventSource, type ProcessSpec, type WorkerSpec } from "../fleet/index.ts";
import { stepCost } from "../model/index.ts";
import { connectableAddress } from "../vllm/index.ts";
import { chooseProfile, type ChosenProfile } from "./choose-profile.ts";
import { freePorts, requireFree } from "./free-ports.ts";
import { checkStart } from "./launch/check-start.ts";
import { launchLimits, secretsOf } from "./launch/launch-limits.ts";
import { deviceLease, type LaunchSite } from "./launch/launch-site.ts";
import { loraEnvironment, startedArgv, type StartedPorts, transferEnvironment } from "./started-argv.ts";
import { readWorkerTls } from "./worker-tls.ts";

export interface WorkerPlan {
  readonly workers: readonly WorkerSpec[];
  readonly processes: readonly ProcessSpec[];
}

export async function planWorkers(deployments: readonly Deployment[], site: LaunchSite): Promise<WorkerPlan> {
  const plans: WorkerPlan[] = [];
  for (const deployment of deployments) {
    for (const pool of deployment.pools)
      plans.push(await planPool({ deployment, pool, chosen: chooseProfile(deployment, pool) }, site));
  }
  return { workers: plans.flatMap((one) => one.workers), processes: plans.flatMap((one) => one.processes) };
}

interface PoolPlan {
  readonly deployment: Deployment;
  readonly pool: Pool;
  readonly chosen: ChosenProfile;
}

async function planPool(plan: PoolPlan, site: LaunchSite): Promise<WorkerPlan> {
  const { workers, replicas } = plan.pool;
  if (workers.kind === "given") return { workers: givenWorkers(plan.deployment, plan.pool), processes: [] };
  return planStarted(
    plan,
    Array.from({ length: replicas }, (_, i) => i),
    site,
  );
}

/** Further workers of a pool that is served already; `numbers` are free in it. */
export function planMore(
  { deployment, pool, numbers }: Pick<PoolPlan, "deployment" | "pool"> & { readonly numbers: readonly number[] },
  site: LaunchSite,
): Promise<WorkerPlan> {
  return planStarted({ deployment, pool, chosen: chooseProfile(deployment, pool) }, numbers, site);
}

async function planStarted(plan: PoolPlan, numbers: readonly number[], site: LaunchSite): Promise<WorkerPlan> {
  checkStart(plan, site);
  const ports = await startedPorts(plan, numbers, site.socketFolder());
  const started = ports.map((one, i) => ({ ports: one, number: numbers[i] ?? i }));
  const processes = started.map((one) => startedProcess(plan, { ...one, id: workerId(plan, one.number) }, site));
  takeGpus(processes);
  return {
    workers: started.map(({ ports: { http }, number }) => ({
      ...common(plan, number),
      origin: originOf(http),
      warmupMs: plan.deployment.autoscaling.warmupSeconds * 1000,
    })),
    processes,
  };
}

/** Of all or of none: what cannot be placed is refused before anything is started. */
function takeGpus(processes: readonly ProcessSpec[]): void {
  try {
    for (const { lease } of processes) lease?.take();
  } catch (error) {
    for (const { lease } of processes) lease?.give();
    throw error;
  }
}

function originOf(port: number): string {
  return `http://127.0.0.1:${port}`;
}

/** Workers that somebody else runs. */
export function givenWorkers(deployment: Deployment, pool: Pool): readonly WorkerSpec[] {
  const plan = { deployment, pool, chosen: chooseProfile(deployment, pool) };
  return pool.workers.kind === "given" ? pool.workers.endpoints.map((one, i) => givenWorker(plan, one, i)) : [];
}

function common({ deployment, pool, chosen }: PoolPlan, i: number): Omit<WorkerSpec, "origin"> {
  const [model = deployment.model.name, ...aliases] = deployment.model.servedNames;
  return {
    id: workerId({ deployment, pool }, i),
    deployment: deployment.name,
    model,
    aliases,
    role: pool.role,
    basePath: "",
    key: undefined,
    tls: undefined,
    labels: {},
    cost: stepCost(chosen.profile),
    maxSequences: chosen.profile.limits.maxSequences,
    maxModelLen: pool.maxModelLen,
    kvBlocks: chosen.approximate || pool.workers.kind === "vllm" ? undefined : chosen.profile.limits.kvBlocks,
    kvEvents: undefined,
  };
}

export function workerId({ deployment, pool }: Pick<PoolPlan, "deployment" | "pool">, i: number): string {
  return `${deployment.name}-${pool.name}-${i}`;
}

function givenWorker(plan: PoolPlan, endpoint: Endpoint, i: number): WorkerSpec {
  return {
    ...common(plan, i),
    role: endpoint.role,
    origin: endpoint.origin,
    basePath: endpoint.basePath,
    key: endpoint.key && readSecret(endpoint.key).reveal(),
    tls: endpoint.tls && readWorkerTls(endpoint.tls, endpoint.origin),
    labels: endpoint.labels,
    kvEvents: statedEvents(endpoint),
  };
}

function statedEvents({ kvEvents, origin }: Endpoint): KvEventSource | false | undefined {
  if (kvEvents === undefined || kvEvents === false) return kvEvents;
  const host = new URL(origin).hostname;
  const replayEndpoint = kvEvents.replay === undefined ? undefined : connectableAddress(kvEvents.replay, host);
  return { endpoint: connectableAddress(kvEvents.endpoint, host), replayEndpoint, topic: kvEvents.topic };
}

/** The stated port of each number; those beyond the stated ones get free ports. */
async function startedPorts(plan: PoolPlan, numbers: readonly number[], sockets: string): Promise<StartedPorts[]> {
  const { deployment, pool } = plan;
  if (pool.workers.kind === "given") return [];
  const { ports } = pool.workers;
  const stated = numbers.map((number) => ports[number]);
  for (const port of stated) if (port !== undefined) await requireFree(port, `a worker of ${deployment.name}`);
  const found = await freePorts(numbers.length * (pool.role === "both" ? 1 : 2));
  return numbers.map((_, i) => {
    const http = stated[i] ?? found[i] ?? 0;
    return {
      http,
      sideChannel: pool.role === "both" ? undefined : found[numbers.length + i],
      events: `ipc://${sockets}/${http}.events`,
      replay: `ipc://${sockets}/${http}.replay`,
    };
  });
}

interface StartedWorker {
  readonly ports: StartedPorts;
  readonly id: string;
}

function startedProcess(plan: PoolPlan, { ports, id }: StartedWorker, site: LaunchSite): ProcessSpec {
  const { workers } = plan.pool;
  const env = workers.kind === "given" ? {} : workers.env;
  // A worker that asked for the clients' key would refuse the gateway, and needs to know none of them.
  const { apiKeys } = plan.deployment.gateway;
  const hidden = Object.fromEntries(["VLLM_API_KEY", ...apiKeys.env].map((name) => [name, ""]));
  const shown = Object.entries(env).map(([name, value]) => [name, value.reveal()] as const);
  const [command = "", ...args] = startedArgv({ ...plan, profile: plan.chosen.profile.name }, ports);
  return {
    id,
    command,
    args,
    env: { ...hidden, ...launchEnvironment(plan, ports), ...Object.fromEntries(shown) },
    logFile: site.workerLog(id),
    noteFolder: site.processNotes,
    origin: originOf(ports.http),
    secrets: secretsOf(plan.pool, process.env),
    limits: launchLimits(plan.deployment),
    lease: deviceLease(site, { ...plan, id }),
  };
}

function launchEnvironment({ deployment }: PoolPlan, ports: StartedPorts): Record<string, string> {
  const { sleep } = deployment.launcher;
  const dev = sleep && { VLLM_SERVER_DEV_MODE: "1" };
  return { ...loraEnvironment(deployment), ...transferEnvironment(deployment, ports), ...dev };
}
