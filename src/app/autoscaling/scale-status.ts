// Where one pool stands, as the admin API tells it.
import type { ScaleDecision } from "../../autoscaling/index.ts";
import type { Roster } from "../roster.ts";
import type { PoolScaler } from "./pool-scaler.ts";

export interface ScaleStatus {
  readonly pool: string;
  readonly model: string;
  readonly role: string;
  /** What decides now: manual when a person has asked for a number. */
  readonly mode: string;
  readonly dryRun: boolean;
  readonly minReplicas: number;
  readonly maxReplicas: number;
  /** Of the last decision; null before the first. */
  readonly desired: number | null;
  /** Workers that are to stay: they serve, start, or ended too often before they served. */
  readonly current: number;
  readonly ready: number;
  readonly starting: number;
  readonly draining: number;
  readonly alarm: string | null;
  readonly last: ScaleDecision | null;
}

export function scaleStatus(scaler: PoolScaler, { specs }: Roster): ScaleStatus {
  const { deployment, pool } = scaler.parts();
  const { mode, dryRun } = deployment.autoscaling;
  const stay = new Set(specs.map(({ id }) => id));
  const { workers, last } = scaler;
  const staying = workers.filter(({ id, state }) => stay.has(id) && state !== "draining");
  const ready = staying.filter(({ state }) => state === "ready" || state === "suspect").length;
  return {
    pool: scaler.name,
    model: scaler.model,
    role: pool.role,
    mode: scaler.manual === undefined ? mode : "manual",
    dryRun,
    minReplicas: pool.minReplicas,
    maxReplicas: pool.maxReplicas,
    desired: last?.target ?? null,
    current: staying.length,
    ready,
    starting: staying.length - ready - scaler.failed,
    draining: workers.length - staying.length,
    alarm: scaler.alarm ?? null,
    last: last ?? null,
  };
}
