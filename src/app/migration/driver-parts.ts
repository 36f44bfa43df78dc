// What a driver is made of before it runs: its files, its split, its books.
import { seededRandom } from "../../core/index.ts";
import {
  actualShare,
  armSeries,
  begunPlan,
  editedParts,
  openLogOf,
  openPlanLog,
  sessionSplit,
} from "../../migration/index.ts";
import { clientDeployment } from "./arm-specs.ts";
import { auditLog } from "./audit-log.ts";
import type { DriverOptions } from "./driver.ts";
import { lastFailures } from "./evidence-bundle.ts";
import { lockPlan } from "./lock-plan.ts";
import { notifier } from "./notifier.ts";
import { planFolder } from "./plan-folder.ts";
import { migrationPlan, sloOf } from "./plan-settings.ts";
import { teamSplit } from "./team/team-split.ts";

/** What is there whoever drives the plan. */
export function driverGround({ config, deployments, stateDirectory, team }: DriverOptions) {
  const client = clientDeployment(config, deployments);
  const folder = planFolder(stateDirectory, config.name);
  return {
    plan: migrationPlan(config, { client, deployments }),
    folder,
    model: client.model.servedNames[0] ?? client.model.name,
    sloMs: sloOf(config, client),
    split: team === undefined ? sessionSplit(folder.salt) : teamSplit(folder.salt, team),
    share: actualShare(0),
  };
}

export function driverParts(options: DriverOptions) {
  const { config, log, team, clock } = options;
  const ground = driverGround(options);
  const { folder, plan } = ground;
  const lock = lockPlan(folder.path);
  const file = team === undefined ? openLogOf(folder.log, plan, clock.epoch()) : openPlanLog(folder.log);
  return {
    ...ground,
    lock,
    file,
    inForce: begunPlan(file) ?? plan,
    /** What an edit of the file does not change any more. */
    edited: editedParts(file, plan),
    series: armSeries({ random: seededRandom(config.name) }),
    audit: auditLog(folder.audit),
    failures: lastFailures(),
    notify: notifier(config.notify, log),
  };
}
