// The plans of a process put to work, and found by the model that a request names.
import type { MigrationConfig } from "../../config/index.ts";
import type { WorkerSpec } from "../../fleet/index.ts";
import type { GatewayOptions } from "../../gateway/index.ts";
import type { WorkerPlan } from "../plan-workers.ts";
import { type Driver, type DriverOptions, startDriver } from "./driver.ts";

export interface DriversOptions extends Omit<DriverOptions, "config"> {
  readonly plans: readonly MigrationConfig[];
}

export function startDrivers({ plans, ...options }: DriversOptions): readonly Driver[] {
  return plans.map((config) => startDriver({ ...options, config }));
}

export function armsOf(drivers: readonly Driver[]): NonNullable<GatewayOptions["arms"]> {
  const byModel = new Map(drivers.map((one) => [one.model, one.arms]));
  return (model) => byModel.get(model);
}

export function withArms(plan: WorkerPlan, arms: readonly WorkerSpec[]): WorkerPlan {
  return { ...plan, workers: [...plan.workers, ...arms] };
}
