// Runs `switchgear serve`: loads, starts, says what is open, reloads when the files change, stops on a signal.
import { resolve } from "node:path";
import { inheritedSockets, refuseNewPlans, serve, watchFiles } from "../app/index.ts";
import { realClock } from "../core/index.ts";
import { type Deployment, loadConfiguration } from "../config/index.ts";
import { createLog } from "../telemetry/index.ts";
import { parentProcess } from "./parent-process.ts";
import { type Banner, type Welcome, welcome } from "./welcome.ts";
import type { ServeFlags } from "./serve.ts";
import { onSignals } from "./serve-signals.ts";

/** Workers may load for minutes, or never come; the gateway is open meanwhile, and says so. */
const READY_LIMIT_MS: Readonly<Record<Banner, number>> = { quickstart: 120_000, serve: 10_000 };

export async function runServe(files: readonly string[], flags: ServeFlags, banner: Banner = "serve"): Promise<void> {
  const parent = parentProcess();
  const { deployments, plans, ...first } = loaded(files, flags);
  let { tenants } = first;
  const load = (): readonly Deployment[] => {
    const next = loaded(files, flags);
    refuseNewPlans(plans, next.plans);
    tenants = next.tenants;
    return next.deployments;
  };
  const running = await serve({
    deployments,
    plans,
    load,
    tenants: () => tenants,
    log: createLog({ level: flags.quiet ? "warn" : "info" }),
    sockets: inheritedSockets(process.env, process.pid),
    successor: parent?.replaces ?? false,
    record: flags.record,
  });
  const watched = watchFiles({ paths: files, clock: realClock, onChange: () => void running.reload("file") });
  const stopped = onSignals(running);
  const handedOver = parent?.open(running);
  const ended = Promise.race([stopped, ...(handedOver ? [handedOver] : [])]);
  const asksForKey = deployments.some(({ gateway: { apiKeys } }) => apiKeys.env.length + apiKeys.files.length > 0);
  await announce({ running, ended, flags, banner, files, asksForKey, plans: plans.map(({ name }) => name) });
  await ended;
  watched.close();
}

function loaded(files: readonly string[], flags: ServeFlags): ReturnType<typeof loadConfiguration> {
  const { deployments, plans, tenants } = loadConfiguration(files);
  return { deployments: deployments.map((one) => withFlags(one, flags)), plans, tenants };
}

interface Announcement extends Omit<Welcome, "waiting"> {
  readonly ended: Promise<unknown>;
  readonly flags: ServeFlags;
}

async function announce({ flags, ended, ...shown }: Announcement): Promise<void> {
  const { running } = shown;
  const { urls, models, adminTokenFile } = running;
  if (flags.json) process.stdout.write(`${JSON.stringify({ ...urls, models, adminTokenFile })}\n`);
  const waiting = await Promise.race([running.ready(READY_LIMIT_MS[shown.banner]), ended.then(() => undefined)]);
  if (waiting !== undefined && !flags.json) process.stdout.write(welcome({ ...shown, waiting }));
}

function withFlags(deployment: Deployment, flags: ServeFlags): Deployment {
  const { gateway, monitoring } = deployment;
  const listener = { ...gateway.listener, port: flags.port ?? gateway.listener.port };
  const admin = { ...gateway.admin, port: flags.adminPort ?? gateway.admin.port };
  const prometheus = { ...monitoring.prometheus, port: flags.metricsPort ?? monitoring.prometheus.port };
  const stateDirectory = flags.stateDirectory === undefined ? gateway.stateDirectory : resolve(flags.stateDirectory);
  return {
    ...deployment,
    gateway: { ...gateway, listener, admin, stateDirectory, ...(flags.cluster && joined(gateway)) },
    monitoring: { ...monitoring, prometheus },
  };
}

function joined({ cluster }: Deployment["gateway"]): Pick<Deployment["gateway"], "cluster"> {
  return cluster === undefined ? {} : { cluster: { ...cluster, enabled: true } };
}
