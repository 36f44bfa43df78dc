// Wires deployments into a running gateway: workers, index, event feeds, front, metrics and admin API.
import type { Deployment } from "../config/index.ts";
import { type Clock, type Random, realClock, seededRandom } from "../core/index.ts";
import { type Fleet, startFleet } from "../fleet/index.ts";
import { type Gateway, type GatewayModel, type GatewayOptions, startGateway } from "../gateway/index.ts";
import type { KvIndex } from "../kvindex/index.ts";
import { createMetrics, type Log, type Metrics, type MetricsServer, startMetricsServer } from "../telemetry/index.ts";
import type { TextModel } from "../tokens/index.ts";
import { adminHandlers } from "./admin/admin-handlers.ts";
import { type AdminServer, startAdminServer } from "./admin/admin-server.ts";
import { deploymentIndexes } from "./deployment-indexes.ts";
import { frontOptions, watchFront } from "./front/front-files.ts";
import { gatewayModels } from "./gateway-models.ts";
import { kvFeeds, type KvFeeds } from "./kv-feeds.ts";
import { longPrompts } from "./long-prompts.ts";
import { logWorkers } from "./log-workers.ts";
import { planWorkers, type WorkerPlan } from "./plan-workers.ts";
import { portError } from "./port-error.ts";
import type { Running } from "./running.ts";
import { openTracing } from "./open-tracing.ts";
import { openStateDirectory, type StateDirectory } from "./state-directory.ts";
import { textModels } from "./text-models.ts";
import { whenReady } from "./when-ready.ts";
import { workerSample } from "./worker-view.ts";
import { workerProcesses, type WorkerProcesses } from "./worker-processes.ts";

export interface ServeOptions {
  /** Not empty; process-wide settings are equal in all of them. */
  readonly deployments: readonly Deployment[];
  readonly log: Log;
  readonly clock?: Clock;
  readonly random?: Random;
}

interface Parts {
  readonly state: StateDirectory;
  readonly plan: WorkerPlan;
  readonly texts: ReadonlyMap<string, TextModel | undefined>;
  readonly processes: WorkerProcesses;
  readonly fleet: Fleet;
  readonly index: KvIndex;
  readonly feeds: KvFeeds;
  readonly metrics: Metrics;
}

export async function serve({
  deployments,
  log,
  clock = realClock,
  random = seededRandom(process.hrtime.bigint().toString()),
}: ServeOptions): Promise<Running> {
  const [first] = deployments;
  if (first === undefined) throw new RangeError("serve needs at least one deployment");
  const state = openStateDirectory(first.gateway.stateDirectory);
  const texts = await textModels(deployments);
  const plan = await planWorkers(deployments, state);
  const stack = shutdownStack();
  try {
    const processes = workerProcesses(plan.processes, { clock, log });
    stack.push(() => processes.stop());
    const fleet = startFleet({ workers: plan.workers, clock });
    stack.push(() => fleet.close());
    logWorkers(fleet, log);
    const index = deploymentIndexes(deployments, plan.workers);
    const feeds = kvFeeds({ deployments, fleet, index, clock, log });
    stack.push(() => feeds.close());
    const parts: Parts = { state, plan, texts, processes, fleet, index, feeds, metrics: createMetrics() };
    return await openListeners({ deployments, first, log, clock, random }, parts, stack);
  } catch (error) {
    await stack.unwind();
    throw error;
  }
}

interface Setting {
  readonly deployments: readonly Deployment[];
  readonly first: Deployment;
  readonly log: Log;
  readonly clock: Clock;
  readonly random: Random;
}

interface GatewaySetting extends Setting {
  readonly tracing: GatewayOptions["tracing"];
}

async function openListeners(setting: Setting, parts: Parts, stack: ShutdownStack): Promise<Running> {
  const { first, clock, deployments, log } = setting;
  const { gateway: settings, monitoring } = first;
  const tracing = await openTracing(monitoring.tracing, { metrics: parts.metrics, log });
  stack.push(() => tracing?.sink.close());
  const gateway = await openGateway({ ...setting, tracing }, parts, stack).catch(
    portError(settings.listener.port, "the gateway (spec.gateway.listener.port)"),
  );
  stack.push(() => gateway.close());
  const watch = watchFront({ settings, gateway, clock, log, metrics: parts.metrics });
  stack.push(() => watch.close());
  const metricsServer = await openMetrics(monitoring.prometheus, parts.metrics);
  stack.push(() => metricsServer?.close());
  const handlers = adminHandlers({ ...parts, deployments, gateway, clock });
  const admin: AdminServer = await startAdminServer({
    ...settings.admin,
    token: parts.state.adminToken,
    handlers,
  }).catch(portError(settings.admin.port, "the admin API (spec.gateway.admin.port)"));
  stack.push(() => admin.close());
  show(parts, gateway);
  log.info({ models: parts.fleet.models(), port: gateway.port }, "gateway is open");
  return {
    urls: {
      data: url(settings.listener.host, gateway.port, settings.listener.tls && "https"),
      admin: url(settings.admin.host, admin.port),
      metrics: metricsServer && `${url(monitoring.prometheus.host, metricsServer.port)}/metrics`,
    },
    models: parts.fleet.models(),
    adminTokenFile: parts.state.adminTokenFile,
    ready: (limitMs) => whenReady(parts.fleet, clock, limitMs),
    stop: () => stack.unwind(),
  };
}

async function openGateway(setting: GatewaySetting, parts: Parts, stack: ShutdownStack): Promise<Gateway> {
  const { fleet, index, metrics, texts } = parts;
  const { deployments, first, clock, random, log, tracing } = setting;
  const models: ReadonlyMap<string, GatewayModel> = gatewayModels(deployments, texts, (deployment) => {
    const long = longPrompts(deployment.tokenizer, clock);
    stack.push(() => long.close());
    return long;
  });
  return startGateway({
    listen: first.gateway.listener,
    front: frontOptions(first.gateway),
    fleet,
    model: (name) => models.get(name),
    index,
    bodyBytes: first.gateway.limits.bodyBytes,
    receipts: first.gateway.receipts,
    clock,
    random,
    metrics,
    log,
    tracing,
  });
}

async function openMetrics(
  prometheus: Deployment["monitoring"]["prometheus"],
  metrics: Metrics,
): Promise<MetricsServer | undefined> {
  if (!prometheus.enabled) return undefined;
  return startMetricsServer(prometheus, metrics).catch(
    portError(prometheus.port, "Prometheus (spec.monitoring.prometheus.port)"),
  );
}

function show({ metrics, fleet, index }: Parts, gateway: Gateway): void {
  metrics.show({
    workers: () => fleet.workers().map((worker) => workerSample(worker, gateway.slowdown(worker.id))),
    index: () => index.stats(),
  });
}

function url(host: string, port: number, scheme = "http"): string {
  const shown = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
  return `${scheme}://${shown.includes(":") ? `[${shown}]` : shown}:${port}`;
}

interface ShutdownStack {
  push(close: () => unknown): void;
  /** Last opened, first closed; one that fails does not keep the others open. */
  unwind(): Promise<void>;
}

function shutdownStack(): ShutdownStack {
  const closers: (() => unknown)[] = [];
  return {
    push: (close) => void closers.push(close),
    async unwind() {
      for (let close = closers.pop(); close; close = closers.pop())
        await Promise.resolve(close()).catch(() => undefined);
    },
  };
}
