// What a simulated fleet may be beside equal workers that never fail: roles and links, failures, start-ups, retries.
import type { LoadFailurePolicy } from "../engine/offline.ts";
import type { Role } from "../fleet/offline.ts";
import { KV_LINKS, type KvLink } from "../model/index.ts";

/** One failure by plan. */
export interface PlannedFailure {
  readonly worker: number;
  readonly atMs: number;
  /** Until it starts again; without it the worker stays away. */
  readonly downMs?: number | undefined;
}

export interface World {
  /** One per worker; both for what is missing. */
  readonly roles: readonly Role[];
  /** Between any two workers. Each end sends or takes one prompt at a time. */
  readonly link: KvLink;
  /** As `pairRuleOf` reads it. */
  readonly pairRule: string;
  /** When a pool is gone. */
  readonly fallback: "colocated" | "fail";
  readonly loadFailure: LoadFailurePolicy;
  /** vLLM's kv_lease_duration. */
  readonly leaseMs: number;
  readonly failures: readonly PlannedFailure[];
  /** Mean time between failures of one worker; undefined = only what is planned. */
  readonly mtbfMs: number | undefined;
  /** Time from a random failure to the start of the next life. */
  readonly repairMs: number;
  /** Lognormal: median, and σ of the logarithm. */
  readonly startUpMs: number;
  readonly startUpSigma: number;
  /** So many workers, the last ones, start when the simulation does. */
  readonly coldWorkers: number;
  /** The gateway sees a worker die or come back so late, unless a request tells it. */
  readonly detectMs: number;
  /** As the deployment's limits. */
  readonly retries: number;
  readonly retryBudgetRatio: number;
  readonly totalTimeoutMs: number;
  /** Requests that wait while no worker is there, and for how long. */
  readonly queueLength: number;
  readonly queueTimeoutMs: number;
}

/** Start-up: 120 s with cached weights (simulation.md §6). Retries and limits: the deployment file's defaults. */
export const DEFAULT_WORLD: World = {
  roles: [],
  link: KV_LINKS.ndr400,
  pairRule: "predicted",
  fallback: "colocated",
  loadFailure: "fail",
  leaseMs: 30_000,
  failures: [],
  mtbfMs: undefined,
  repairMs: 10_000,
  startUpMs: 120_000,
  startUpSigma: 0.3,
  coldWorkers: 0,
  detectMs: 1000,
  retries: 2,
  retryBudgetRatio: 0.2,
  totalTimeoutMs: 3_600_000,
  queueLength: 1024,
  queueTimeoutMs: 30_000,
};
