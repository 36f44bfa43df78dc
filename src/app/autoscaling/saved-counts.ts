// How many workers each pool had and what a person asked for, kept over a restart.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Deployment } from "../../config/index.ts";
import { toError } from "../../core/index.ts";
import type { Log } from "../../telemetry/index.ts";

export interface SavedCount {
  readonly replicas: number;
  /** Asked for by a person. */
  readonly manual?: number | undefined;
  /** By which it came to be so many; undefined = not noted. */
  readonly mode?: Mode | undefined;
  /** There were so many when `mode: manual` took over from another one. */
  readonly kept?: number | undefined;
}

type Mode = Deployment["autoscaling"]["mode"];

const FIELDS = ["replicas", "manual", "mode", "kept"] as const;

export interface SavedCounts {
  of(pool: string): SavedCount | undefined;
  set(pool: string, count: SavedCount): void;
  /** What a full disk did not take. */
  retry(): void;
}

export function savedCounts(stateDirectory: string, log: Log): SavedCounts {
  const file = join(stateDirectory, "autoscaling", "counts.json");
  const counts = new Map(Object.entries(readCounts(file, log)));
  let unsaved = false;

  function save(): void {
    try {
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
      writeFileSync(`${file}.new`, JSON.stringify(Object.fromEntries(counts)), { mode: 0o600 });
      renameSync(`${file}.new`, file);
      unsaved = false;
    } catch (error) {
      if (!unsaved) log.error({ file, error: toError(error).message }, "numbers of workers could not be saved");
      unsaved = true;
    }
  }

  return {
    of: (pool) => counts.get(pool),
    set(pool, count) {
      const before = counts.get(pool);
      if (before !== undefined && FIELDS.every((name) => before[name] === count[name])) return;
      counts.set(pool, count);
      save();
    },
    retry() {
      if (unsaved) save();
    },
  };
}

/** A number that a person asked for, or what `mode: manual` found when it took over; undefined = the mode says. */
export function askedFor(count: SavedCount | undefined, mode: Mode): number | undefined {
  return count && (count.manual ?? underMode(count, mode).kept);
}

/** As it is to be kept while this mode is in force. */
export function underMode(count: SavedCount, mode: Mode): SavedCount {
  if (count.mode === mode) return count;
  const kept = mode === "manual" && count.mode !== undefined ? count.replicas : undefined;
  return { ...count, mode, kept };
}

/** A gateway that starts again has as many workers as before, not as few as the file says. */
export function withSavedCounts(deployments: readonly Deployment[], saved: SavedCounts): readonly Deployment[] {
  return deployments.map((deployment) => {
    const { enabled, dryRun } = deployment.autoscaling;
    if (!enabled || dryRun) return deployment;
    const pools = deployment.pools.map((pool) => {
      const count = saved.of(poolName(deployment, pool));
      if (count === undefined || pool.workers.kind === "given") return pool;
      return { ...pool, replicas: Math.min(pool.maxReplicas, Math.max(1, pool.minReplicas, count.replicas)) };
    });
    return { ...deployment, pools };
  });
}

/** As the admin API and the metrics call it. */
export function poolName({ name }: { readonly name: string }, pool: { readonly name: string }): string {
  return `${name}-${pool.name}`;
}

function readCounts(file: string, log: Log): Record<string, SavedCount> {
  if (!existsSync(file)) return {};
  try {
    const read = JSON.parse(readFileSync(file, "utf8")) as Record<string, SavedCount>;
    return Object.fromEntries(Object.entries(read).filter(([, one]) => Number.isInteger(one?.replicas)));
  } catch (error) {
    log.error({ file, error: toError(error).message }, "saved numbers of workers cannot be read");
    return {};
  }
}
