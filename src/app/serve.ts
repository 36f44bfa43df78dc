// Wires deployments into a running gateway: workers, index, event feeds, front, metrics and admin API.
import type { Deployment } from "../config/index.ts";
import { type Clock, type Random, realClock, seededRandom } from "../core/index.ts";
import { type Gateway, type GatewayOptions, startGateway } from "../gateway/index.ts";
import { type Metrics, type MetricsServer, startMetricsServer } from "../telemetry/index.ts";
import { noteAdminAddress } from "./admin/admin-address.ts";
import { adminHandlers } from "./admin/admin-handlers.ts";
import { type AdminServer, startAdminServer } from "./admin/admin-server.ts";
import { frontOptions, warnWhenOpen } from "./front/front-files.ts";
import { beforeTakeover, refuseUnshareable } from "./handover/take-over.ts";
import { openLaunchSite } from "./launch/launch-site.ts";
import { openParts, type Parts, type Settings } from "./open-parts.ts";
import { scaleHandlers } from "./autoscaling/scale-handlers.ts";
import { migrationHandlers } from "./migration/migration-handlers.ts";
import { migrationSamples } from "./migration/migration-samples.ts";
import { armsOf } from "./migration/start-drivers.ts";
import { modelNames } from "./model-names.ts";
import { portError } from "./port-error.ts";
import { servedModels } from "./reload/served-models.ts";
import { startReloads } from "./reload/start-reloads.ts";
import type { Running } from "./running.ts";
import type { ServeOptions } from "./serve-options.ts";
import { type ShutdownStack, shutdownStack } from "./shutdown-stack.ts";
import { openTracing } from "./open-tracing.ts";
import { openStateDirectory } from "./state-directory.ts";
import { tenantHandlers } from "./tenants/tenant-handlers.ts";
import { whenReady } from "./when-ready.ts";
import { workerSample } from "./worker-view.ts";

export async function serve(options: ServeOptions): Promise<Running> {
  const { deployments, plans = [], log, clock = realClock } = options;
  const [first] = deployments;
  if (first === undefined) throw new RangeError("serve needs at least one deployment");
  const state = await openLaunchSite(deployments, { state: openStateDirectory(first.gateway.stateDirectory), log });
  if (options.successor) refuseUnshareable(deployments, plans);
  const models = servedModels(clock);
  (await models.prepare(deployments))();
  const stack = shutdownStack();
  const settings: Settings = { inForce: () => first };
  stack.push(() => models.close());
  try {
    const parts = await openParts({ ...options, clock, settings }, { state, models }, stack);
    if (options.successor) await beforeTakeover(parts.fleet, clock);
    const random = options.random ?? seededRandom(process.hrtime.bigint().toString());
    return await openListeners({ ...options, first, clock, random, settings }, parts, stack);
  } catch (error) {
    await stack.unwind();
    throw error;
  }
}

interface Setting extends ServeOptions {
  readonly settings: Settings;
  readonly first: Deployment;
  readonly clock: Clock;
  readonly random: Random;
}

interface GatewaySetting extends Setting {
  readonly tracing: GatewayOptions["tracing"];
}

async function openListeners(setting: Setting, parts: Parts, stack: ShutdownStack): Promise<Running> {
  const { first, clock, deployments, log, sockets = {}, settings: current } = setting;
  const { gateway: settings, monitoring } = first;
  const tracing = await openTracing(monitoring.tracing, { metrics: parts.metrics, log });
  stack.push(() => tracing?.sink.close());
  const gateway = await openGateway({ ...setting, tracing }, parts, () => current.inForce()).catch(
    portError(settings.listener.port, "the gateway (spec.gateway.listener.port)"),
  );
  let handedOver = false;
  stack.push(() => (handedOver ? undefined : gateway.close()));
  const reloads = startReloads({
    ...parts,
    deployments,
    gateway,
    clock,
    log,
    load: setting.load ?? (() => deployments),
    plans: setting.plans ?? [],
    tenantsConfig: setting.tenants ?? (() => undefined),
  });
  current.inForce = () => reloads.deployments[0] ?? first;
  stack.push(() => reloads.close());
  const metricsServer = await openMetrics({ ...monitoring.prometheus, fd: sockets.metrics }, parts.metrics);
  stack.push(() => metricsServer?.close());
  const admin = await openAdmin(setting, parts, { gateway, reloads });
  stack.push(() => admin.close());
  const adminUrl = url(settings.admin.host, admin.port);
  const forget = noteAdminAddress({ stateDirectory: parts.state.path, url: adminUrl, log });
  stack.push(() => (handedOver ? undefined : forget()));
  show(parts, gateway);
  parts.scaling.begin((model) => gateway.waiting(model));
  log.info({ models: parts.fleet.models(), port: gateway.port }, "gateway is open");
  if (parts.tenants.servesAnybody) warnWhenOpen(settings, log);
  return {
    urls: {
      data: url(settings.listener.host, gateway.port, settings.listener.tls && "https"),
      admin: adminUrl,
      metrics: metricsServer && `${url(monitoring.prometheus.host, metricsServer.port)}/metrics`,
    },
    models: parts.fleet.models(),
    adminTokenFile: parts.state.adminTokenFile,
    ready: (limitMs) => whenReady(parts.fleet, clock, limitMs),
    reload: (cause) => reloads.reload(cause),
    stop: () => stack.unwind(),
    async handOver() {
      const plans = parts.drivers.map((one) => one.handOver());
      await Promise.all([...plans, gateway.handOver(), metricsServer?.handOver(), admin.handOver()]);
      handedOver = true;
      await stack.unwind();
    },
  };
}

interface Opened {
  readonly gateway: Gateway;
  readonly reloads: ReturnType<typeof startReloads>;
}

async function openAdmin(
  { first, clock, log, sockets = {} }: Setting,
  parts: Parts,
  { gateway, reloads }: Opened,
): Promise<AdminServer> {
  const settings = first.gateway;
  const handlers = adminHandlers({
    ...parts,
    reloader: reloads,
    gateway,
    clock,
    migrations: migrationHandlers(parts.drivers, clock),
    tenants: tenantHandlers(parts.tenants, clock),
    scaling: scaleHandlers(parts.scaling),
  });
  return startAdminServer({
    ...settings.admin,
    fd: sockets.admin,
    token: parts.state.adminToken,
    admits: (bearer) => parts.tenants.keys.find(bearer, clock.epoch())?.role === "admin",
    handlers,
    log,
  }).catch(portError(settings.admin.port, "the admin API (spec.gateway.admin.port)"));
}

/** `inForce`: settings that a reload may change are asked for when they are needed. */
async function openGateway(setting: GatewaySetting, parts: Parts, inForce: () => Deployment): Promise<Gateway> {
  const { fleet, index, metrics, models, drivers } = parts;
  const { first, clock, random, log, tracing, sockets } = setting;
  return startGateway({
    listen: first.gateway.listener,
    front: frontOptions(first.gateway),
    fleet,
    model: (name) => models.get(name),
    names: modelNames(
      () => models.deployments,
      () => parts.tenants.secret,
    ),
    ...(drivers.length > 0 && { arms: armsOf(drivers) }),
    index,
    fd: sockets?.gateway,
    get bodyBytes() {
      return inForce().gateway.limits.bodyBytes;
    },
    get drainGraceMs() {
      return inForce().gateway.drain.graceMs;
    },
    get drainTimeoutMs() {
      return inForce().gateway.drain.timeoutMs;
    },
    receipts: first.gateway.receipts,
    clock,
    random,
    metrics,
    log,
    tracing,
    recorder: parts.recorder,
    tenants: parts.tenants.tenancy,
  });
}

async function openMetrics(
  prometheus: Deployment["monitoring"]["prometheus"] & { readonly fd: number | undefined },
  metrics: Metrics,
): Promise<MetricsServer | undefined> {
  if (!prometheus.enabled) return undefined;
  return startMetricsServer(prometheus, metrics).catch(
    portError(prometheus.port, "Prometheus (spec.monitoring.prometheus.port)"),
  );
}

function show({ metrics, fleet, index, cluster, drivers, tenants, scaling, processes }: Parts, gateway: Gateway): void {
  metrics.show({
    ...tenants.samples,
    migrations: () => migrationSamples(drivers, realClock.epoch()),
    workers: () => fleet.workers().map((worker) => workerSample(worker, gateway.slowdown(worker.id))),
    index: () => index.stats(),
    cluster: () => cluster?.sample(),
    scaling: () => scaling.samples(),
    processes: () => processes.list,
  });
}

function url(host: string, port: number, scheme = "http"): string {
  const shown = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
  return `${scheme}://${shown.includes(":") ? `[${shown}]` : shown}:${port}`;
}
