// How the number of workers follows load, as the deployment says. The bounds stand at the pools.

export interface AutoscalingSettings {
  readonly enabled: boolean;
  readonly mode: "slo" | "seed" | "schedule" | "manual";
  readonly dryRun: boolean;
  readonly scaleUpThreshold: ScaleThreshold;
  readonly scaleDownThreshold: ScaleThreshold;
  readonly cooldownSeconds: number;
  readonly schedule: readonly ScheduledReplicas[];
  readonly intervalSeconds: number;
  /** Undefined = by the start-up time. */
  readonly stabilisationSeconds?: number | undefined;
  readonly startupSeconds: number;
  readonly staleSeconds: number;
  /** 0 = off. */
  readonly warmupSeconds: number;
  readonly prewarm: { readonly prefixes: number };
  /** Only of pools with the lower bound 0. */
  readonly idleSeconds: number;
  readonly upStep: number;
  /** 0…1 */
  readonly headroom: number;
}

export interface ScaleThreshold {
  /** 0…1 */
  readonly gpuUtilization: number;
  readonly queueDepth: number;
}

export interface ScheduledReplicas {
  /** HH:MM, UTC. */
  readonly from: string;
  readonly replicas: number;
}
