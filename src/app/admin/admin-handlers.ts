// What each path of the admin API answers.
import type { Clock } from "../../core/index.ts";
import type { Fleet, Worker } from "../../fleet/index.ts";
import type { Gateway } from "../../gateway/index.ts";
import type { KvIndex } from "../../kvindex/index.ts";
import type { OpenCluster } from "../cluster/open-cluster.ts";
import type { KvFeeds } from "../kv-feeds.ts";
import type { Reloader } from "../reload/reloader.ts";
import type { MigrationHandlers } from "../migration/migration-handlers.ts";
import type { ScaleHandlers } from "../autoscaling/scale-handlers.ts";
import { launcherHandlers, processView } from "../launch/launcher-handlers.ts";
import type { Suspensions } from "../launch/suspensions.ts";
import type { WorkerProcesses } from "../worker-processes.ts";
import type { SavedDrains } from "../saved-drains.ts";
import type { TenantHandlers } from "../tenants/tenant-handlers.ts";
import { AdminProblem, found } from "./admin-problem.ts";
import { workerView } from "../worker-view.ts";
import { wallTime } from "./wall-time.ts";
import type { AdminHandlers } from "./admin-server.ts";

export interface AdminSources {
  readonly reloader: Reloader;
  readonly fleet: Fleet;
  readonly index: KvIndex;
  readonly feeds: KvFeeds;
  readonly gateway: Gateway;
  readonly clock: Clock;
  readonly migrations: MigrationHandlers;
  /** Other gateways drain the same workers. */
  readonly cluster?: Pick<OpenCluster, "drained" | "undrained"> | undefined;
  readonly drains?: SavedDrains | undefined;
  readonly tenants: TenantHandlers;
  readonly processes: WorkerProcesses;
  readonly suspensions: Suspensions;
  readonly scaling: ScaleHandlers;
}

export function adminHandlers({
  reloader,
  fleet,
  index,
  feeds,
  gateway,
  clock,
  migrations,
  cluster,
  drains,
  tenants,
  processes,
  suspensions,
  scaling,
}: AdminSources): AdminHandlers {
  const view = (worker: Worker): unknown => ({
    ...workerView(worker, { fleet, clock }),
    process: processView(worker.id, processes, suspensions),
  });
  const find = (name: string): Worker => found(fleet.workers(), { what: "worker", name, nameOf: ({ id }) => id });
  const one = (id: string): unknown => view(find(id));
  return {
    workers: () => ({ workers: fleet.workers().map(view) }),
    worker: one,
    drain(id, body) {
      const deadlineMs = readDeadline(body);
      fleet.drain(find(id).id, deadlineMs);
      cluster?.drained(id, deadlineMs);
      drains?.drained(id);
      return one(id);
    },
    undrain(id) {
      const suspension = suspensions.stateOf(id);
      // Asleep it answers /health, and no request.
      if (suspension !== undefined) throw new AdminProblem(409, `worker ${id} is ${suspension}: resume it`);
      fleet.undrain(find(id).id);
      cluster?.undrained(id);
      drains?.undrained(id);
      return one(id);
    },
    // As users have it: the x-request-id header, their own id, or the id in the answer's body.
    receipt: (id) =>
      gateway.receipt(id) ??
      gateway.receipt(id.replace(/^(chatcmpl|cmpl|resp|msg|embd)[-_]/, "")) ??
      noReceipt(reloader.deployments[0]),
    index: () => ({ index: index.stats(), streams: streams(fleet, index, clock), feeds: feedsShown(feeds, clock) }),
    config: () => ({ deployments: reloader.deployments, reload: reloader.last }),
    reload: () => reloader.reload("admin"),
    ...migrations,
    ...tenants,
    ...launcherHandlers({ processes, suspensions, view: one }),
    ...scaling,
  };
}

/** Said with what is left to look at: who asks a day later is seldom told by a bare 404. */
function noReceipt(first: Reloader["deployments"][number] | undefined): never {
  const { maxEntries, retentionSeconds } = first?.gateway.receipts ?? {};
  const kept = `the last ${maxEntries} are kept for ${retentionSeconds} s (spec.gateway.receipts)`;
  throw new AdminProblem(404, `no receipt by this id: ${kept}, not over a restart; the log has a line of each request`);
}

const LONGEST_DEADLINE_MS = 86_400_000;

/** Undefined = the deployment's. */
function readDeadline({ deadlineMs }: Readonly<Record<string, unknown>>): number | undefined {
  if (deadlineMs === undefined) return undefined;
  if (typeof deadlineMs === "number" && deadlineMs >= 0 && deadlineMs <= LONGEST_DEADLINE_MS) return deadlineMs;
  throw new AdminProblem(400, `deadlineMs is not a number from 0 to ${LONGEST_DEADLINE_MS}`);
}

function feedsShown(feeds: KvFeeds, clock: Clock): Record<string, unknown> {
  const shown = Object.entries(feeds.status()).map(([id, { lastEventAt: at, ...rest }]) => {
    return [id, { ...rest, lastEventAt: at === undefined ? null : wallTime(at, clock) }];
  });
  return Object.fromEntries(shown) as Record<string, unknown>;
}

function streams(fleet: Fleet, index: KvIndex, clock: Clock): Record<string, string> {
  return Object.fromEntries(fleet.workers().map(({ id }) => [id, index.streamOf(id, clock.now())]));
}
