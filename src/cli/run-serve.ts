// Runs `switchgear serve`: loads, starts, says what is open, stops on a signal.
import { resolve } from "node:path";
import { serve } from "../app/index.ts";
import { realClock } from "../core/index.ts";
import { ConfigError, type Deployment, loadDeployments, unbuiltFeatures } from "../config/index.ts";
import { createLog } from "../telemetry/index.ts";
import { type Banner, welcome } from "./welcome.ts";
import type { ServeFlags } from "./serve.ts";

/** Workers may load for minutes; the gateway is open meanwhile. */
const READY_LIMIT_MS = 120_000;
/** npm passes on a Ctrl-C that the terminal has sent here too: so soon after the first, it is the same one. */
const SAME_SIGNAL_MS = 500;

export async function runServe(files: readonly string[], flags: ServeFlags, banner: Banner = "serve"): Promise<void> {
  const deployments = loadDeployments(files).map((one) => withFlags(one, flags));
  const unbuilt = deployments.flatMap(unbuiltFeatures);
  if (unbuilt.length > 0) throw new ConfigError(unbuilt);
  const running = await serve({ deployments, log: createLog({ level: flags.quiet ? "warn" : "info" }) });
  const stopped = stopOnSignal(() => running.stop());
  if (flags.json)
    process.stdout.write(
      `${JSON.stringify({ ...running.urls, models: running.models, adminTokenFile: running.adminTokenFile })}\n`,
    );
  const waiting = await Promise.race([running.ready(READY_LIMIT_MS), stopped]);
  if (waiting !== "stopped" && !flags.json) process.stdout.write(welcome({ running, waiting, banner, files }));
  await stopped;
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

/** The first signal drains; a second one ends at once. */
function stopOnSignal(stop: () => Promise<void>): Promise<"stopped"> {
  return new Promise((resolved) => {
    let asked: number | undefined;
    const onSignal = (): void => {
      if (asked !== undefined && realClock.now() - asked < SAME_SIGNAL_MS) return;
      if (asked !== undefined) process.exit(130);
      asked = realClock.now();
      // Writing to a pipe that nobody reads blocks, and a stop must not wait for a reader.
      if (process.stderr.isTTY) process.stderr.write("switchgear: draining; once more to stop at once\n");
      void stop().then(() => resolved("stopped"));
    };
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, onSignal);
  });
}
