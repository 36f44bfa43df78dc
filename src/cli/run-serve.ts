// Runs `switchgear serve`: loads, starts, says what is open, reloads when the files change, stops on a signal.
import { resolve } from "node:path";
import { inheritedSockets, type Running, serve, watchFiles } from "../app/index.ts";
import { realClock } from "../core/index.ts";
import { ConfigError, type Deployment, loadConfiguration, loadDeployments, unbuiltFeatures } from "../config/index.ts";
import { createLog } from "../telemetry/index.ts";
import { parentProcess } from "./parent-process.ts";
import { type Banner, welcome } from "./welcome.ts";
import type { ServeFlags } from "./serve.ts";
import { onSignals } from "./serve-signals.ts";

/** Workers may load for minutes; the gateway is open meanwhile. */
const READY_LIMIT_MS = 120_000;

export async function runServe(files: readonly string[], flags: ServeFlags, banner: Banner = "serve"): Promise<void> {
  const load = (): readonly Deployment[] => loaded(files, flags);
  const parent = parentProcess();
  const running = await serve({
    deployments: load(),
    plans: loadConfiguration(files).plans,
    load,
    log: createLog({ level: flags.quiet ? "warn" : "info" }),
    sockets: inheritedSockets(process.env, process.pid),
    successor: parent?.replaces ?? false,
    record: flags.record,
  });
  const watched = watchFiles({ paths: files, clock: realClock, onChange: () => void running.reload("file") });
  const stopped = onSignals(running);
  const handedOver = parent?.open(running);
  const ended = Promise.race([stopped, ...(handedOver ? [handedOver] : [])]);
  await announce({ running, ended, flags, banner, files });
  await ended;
  watched.close();
}

function loaded(files: readonly string[], flags: ServeFlags): readonly Deployment[] {
  const deployments = loadDeployments(files).map((one) => withFlags(one, flags));
  const unbuilt = deployments.flatMap(unbuiltFeatures);
  if (unbuilt.length > 0) throw new ConfigError(unbuilt);
  return deployments;
}

interface Announcement {
  readonly running: Running;
  readonly ended: Promise<unknown>;
  readonly flags: ServeFlags;
  readonly banner: Banner;
  readonly files: readonly string[];
}

async function announce({ running, ended, flags, banner, files }: Announcement): Promise<void> {
  const { urls, models, adminTokenFile } = running;
  if (flags.json) process.stdout.write(`${JSON.stringify({ ...urls, models, adminTokenFile })}\n`);
  const waiting = await Promise.race([running.ready(READY_LIMIT_MS), ended.then(() => undefined)]);
  if (waiting !== undefined && !flags.json) process.stdout.write(welcome({ running, waiting, banner, files }));
}

function withFlags(deployment: Deployment, flags: ServeFlags): Deployment {
  const { gateway, monitoring } = deployment;
  const listener = { ...gateway.listener, port: flags.port ?? gateway.listener.port };
  const admin = { ...gateway.admin, port: flags.adminPort ?? gateway.admin.port };
  const prometheus = { ...monitoring.prometheus, port: flags.metricsPort ?? monitoring.prometheus.port };
  const stateDirectory = flags.stateDirectory === undefined ? gateway.stateDirectory : resolve(flags.stateDirectory);
  return {
    ...deployment,
    gateway: { ...gateway, listener, admin, stateDirectory },
    monitoring: { ...monitoring, prometheus },
  };
}
