// The plans of a process put to work, and found by the model that a request names.
import type { Cluster } from "../../cluster/index.ts";
import type { MigrationConfig } from "../../config/index.ts";
import type { WorkerSpec } from "../../fleet/index.ts";
import type { GatewayOptions } from "../../gateway/index.ts";
import type { WorkerPlan } from "../plan-workers.ts";
import { type Driver, type DriverOptions, startDriver } from "./driver.ts";
import { succeedingDriver } from "./succeeding-driver.ts";
import { planTeam } from "./team/plan-team.ts";

export interface DriversOptions extends Omit<DriverOptions, "config" | "team"> {
  readonly plans: readonly MigrationConfig[];
  /** Its leader drives; undefined = this process does. */
  readonly cluster?: Cluster | undefined;
  /** Another process drives until it hands over. */
  readonly successor?: boolean | undefined;
}

/** A start does not wait longer for the weight that the other gateways have. */
const HEARD_LIMIT_MS = 2000;

export async function startDrivers({
  plans,
  cluster,
  successor,
  ...options
}: DriversOptions): Promise<readonly Driver[]> {
  if (plans.length > 0) await cluster?.heard(HEARD_LIMIT_MS);
  return plans.map((config) => {
    const start = successor === true ? succeedingDriver : startDriver;
    return start({ ...options, config, team: cluster && planTeam(cluster, config.name) });
  });
}

export function armsOf(drivers: readonly Driver[]): NonNullable<GatewayOptions["arms"]> {
  const byModel = new Map(drivers.map((one) => [one.model, one]));
  return (model) => byModel.get(model)?.arms;
}

export function withArms(plan: WorkerPlan, arms: readonly WorkerSpec[]): WorkerPlan {
  return { ...plan, workers: [...plan.workers, ...arms] };
}
