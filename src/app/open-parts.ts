// Opens what a gateway stands on: worker processes, fleet, index and feeds, migrations, autoscaling, tenants.
import type { Deployment } from "../config/index.ts";
import type { Clock } from "../core/index.ts";
import { type ChangingFleet, startFleet } from "../fleet/index.ts";
import type { TrafficRecorder } from "../gateway/index.ts";
import { createMetrics, type Metrics } from "../telemetry/index.ts";
import type { OpenCluster } from "./cluster/open-cluster.ts";
import { openFeeds } from "./cluster/open-feeds.ts";
import { type DeploymentIndexes, deploymentIndexes } from "./deployment-indexes.ts";
import type { KvFeeds } from "./kv-feeds.ts";
import type { LaunchSite } from "./launch/launch-site.ts";
import { type Suspensions, suspensions } from "./launch/suspensions.ts";
import { logWorkers } from "./log-workers.ts";
import { openRecorder } from "./open-recorder.ts";
import { bothRecorders } from "./autoscaling/both-recorders.ts";
import { startPrewarming } from "./autoscaling/prewarm/start-prewarming.ts";
import { savedCounts, withSavedCounts } from "./autoscaling/saved-counts.ts";
import { type Autoscaling, startAutoscaling } from "./autoscaling/start-autoscaling.ts";
import { armSpecs } from "./migration/arm-specs.ts";
import type { Driver } from "./migration/driver.ts";
import { startDrivers, withArms } from "./migration/start-drivers.ts";
import { planWorkers, type WorkerPlan } from "./plan-workers.ts";
import type { ServedModels } from "./reload/served-models.ts";
import type { ServeOptions } from "./serve-options.ts";
import { type Roster, roster } from "./roster.ts";
import { type SavedDrains, savedDrains } from "./saved-drains.ts";
import type { ShutdownStack } from "./shutdown-stack.ts";
import { openTenants, type Tenants } from "./tenants/tenants.ts";
import { workerProcesses, type WorkerProcesses } from "./worker-processes.ts";

/** Those that a reload may change are asked for when they are needed. */
export interface Settings {
  inForce: () => Deployment;
}

export interface Parts {
  readonly recorder: TrafficRecorder;
  readonly tenants: Tenants;
  readonly state: LaunchSite;
  readonly roster: Roster;
  readonly scaling: Autoscaling;
  readonly models: ServedModels;
  readonly processes: WorkerProcesses;
  readonly suspensions: Suspensions;
  readonly fleet: ChangingFleet;
  readonly index: DeploymentIndexes;
  readonly feeds: KvFeeds;
  readonly cluster: OpenCluster | undefined;
  /** Undefined in a cluster, which keeps them for all. */
  readonly drains: SavedDrains | undefined;
  readonly metrics: Metrics;
  readonly drivers: readonly Driver[];
}

interface Opening extends ServeOptions {
  readonly clock: Clock;
  readonly settings: Settings;
}

type Ground = Pick<Parts, "state" | "models">;

export async function openParts(options: Opening, ground: Ground, stack: ShutdownStack): Promise<Parts> {
  const { deployments, plans = [], log, clock, preflight, successor } = options;
  const { state, models } = ground;
  // When the workers have ended, whose end is pushed later.
  stack.push(() => state.removeSockets());
  const saved = savedCounts(state.path, log);
  const started = await planWorkers(withSavedCounts(deployments, saved), state);
  const plan = withArms(started, armSpecs(plans, deployments));
  const { processes, fleet, metrics, index, following } = await openFleet(options, plan, stack);
  const { cluster } = following.cluster ?? {};
  const driverParts = { plans, deployments, fleet, clock, log, stateDirectory: state.path, preflight, cluster };
  const drivers = await startDrivers({ ...driverParts, successor });
  stack.push(() => Promise.all(drivers.map((one) => one.close())));
  const recording = await openRecorder(options.record, log);
  stack.push(() => recording.close());
  const members = roster({ workers: plan.workers, deployments, fleet, index });
  const leads = (): boolean => cluster === undefined || cluster.leadership.isLeader;
  const about = { state, processes, fleet, index, metrics, saved, clock, log, leads, cluster, roster: members };
  const scaling = startAutoscaling(about);
  stack.push(() => scaling.close());
  const isOwn = (id: string): boolean => processes.list.some((one) => one.id === id);
  const drains = cluster === undefined ? savedDrains({ stateDirectory: state.path, fleet, isOwn, log }) : undefined;
  const suspended = suspensions({ fleet, processes, deployments, clock, log });
  stack.push(() => suspended.close());
  const prewarming = startPrewarming({ fleet, deployments: () => members.deployments, leads, clock, log });
  stack.push(() => prewarming.close());
  const recorder = bothRecorders(bothRecorders(scaling.recorder, prewarming.recorder), recording.recorder);
  const tenants = await openTenants({
    fleet,
    config: options.tenants?.(),
    stateDirectory: state.path,
    databaseUrl: process.env["DATABASE_URL"],
    shared: cluster?.shared,
    clock,
    log,
  });
  stack.push(() => tenants.close());
  return {
    ...following,
    recorder,
    tenants,
    state,
    roster: members,
    scaling,
    models,
    processes,
    suspensions: suspended,
    drains,
    fleet,
    index,
    metrics,
    drivers,
  };
}

interface OpenFleet extends Pick<Parts, "processes" | "fleet" | "metrics" | "index"> {
  readonly following: Pick<Parts, "feeds" | "cluster">;
}

async function openFleet(
  { deployments, clock, log, settings }: Opening,
  plan: WorkerPlan,
  stack: ShutdownStack,
): Promise<OpenFleet> {
  const processes = workerProcesses(plan.processes, { clock, log });
  stack.push(() => processes.stop());
  const fleet = startFleet({
    workers: plan.workers,
    clock,
    leaveTimeoutMs: () => settings.inForce().gateway.drain.workerTimeoutMs,
  });
  stack.push(() => fleet.close());
  const metrics = createMetrics();
  logWorkers(fleet, log, metrics);
  const index = deploymentIndexes(deployments, plan.workers);
  const isOwn = (id: string): boolean => processes.find(id) !== undefined;
  const following = await openFeeds({ deployments, fleet, index, clock, log, isOwn });
  stack.push(() => following.close());
  return { processes, fleet, metrics, index, following };
}
