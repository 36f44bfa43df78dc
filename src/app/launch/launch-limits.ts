// `spec.launcher` → the limits of a worker process, and what must not be told of its output.
import type { Deployment, Pool } from "../../config/index.ts";
import { type LaunchLimits, stopLimit } from "../../fleet/index.ts";

export function launchLimits({ launcher }: Deployment): LaunchLimits {
  const { crashLoop, logs } = launcher;
  return {
    startupMs: launcher.startupTimeoutSeconds * 1000,
    hangMs: launcher.hangTimeoutSeconds * 1000,
    stopMs: stopLimit(launcher.shutdownTimeoutSeconds * 1000),
    crash: { deaths: crashLoop.deaths, windowMs: crashLoop.windowSeconds * 1000 },
    log: logs,
  };
}

const SECRET_NAME = /KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL/i;

/** Values that the worker was given and might print: its own environment, and what this process inherited. */
export function secretsOf({ workers }: Pool, env: NodeJS.ProcessEnv): readonly string[] {
  const own = workers.kind === "given" ? [] : Object.values(workers.env).map((one) => one.reveal());
  const inherited = Object.entries(env).flatMap(([name, value]) => (SECRET_NAME.test(name) && value ? [value] : []));
  return [...own, ...inherited];
}
