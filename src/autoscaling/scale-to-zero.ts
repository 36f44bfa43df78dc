// A pool that may have no worker at all: the last one goes when nobody asks for long, the first one comes when somebody waits.
import type { PoolSample } from "./pool-sample.ts";
import type { ScaleSettings } from "./scale-settings.ts";

/** Since when nobody asks and nothing runs; undefined = somebody does, or it is not known. */
export function quietSince(
  { demand, running, queued }: PoolSample,
  before: number | undefined,
  now: number,
): number | undefined {
  const isQuiet = demand?.requestsPerSecond === 0 && running === 0 && (queued ?? 0) === 0;
  return isQuiet ? (before ?? now) : undefined;
}

interface Quiet {
  readonly settings: ScaleSettings;
  readonly current: number;
  readonly queued: number;
  /** Nobody has asked for so long. */
  readonly quietMs: number;
}

/** Undefined where the pool keeps a worker, or the mode decides. */
export function zeroOrFirst(quiet: Quiet): { replicas: number; reason: string; must: true } | undefined {
  const { settings, current, queued, quietMs } = quiet;
  const { idleMs, minReplicas, mode } = settings;
  if (idleMs === undefined || minReplicas > 0 || mode.kind === "manual" || mode.kind === "schedule") return undefined;
  if (current === 0) {
    const reason = queued > 0 ? `${queued} requests wait and there is no worker` : "nobody asks and there is no worker";
    return { replicas: queued > 0 ? 1 : 0, reason, must: true };
  }
  if (quietMs < idleMs) return undefined;
  return { replicas: 0, reason: `nobody has asked for ${Math.round(quietMs)} ms`, must: true };
}
