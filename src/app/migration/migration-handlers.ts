// What the admin API answers about migrations.
import type { Clock } from "../../core/index.ts";
import { AdminProblem, found } from "../admin/admin-problem.ts";
import type { AdminHandlers } from "../admin/admin-server.ts";
import type { MIGRATION_ROUTES } from "../admin/migration-routes.ts";
import type { Driver } from "./driver.ts";
import { reportOf, statusOf } from "./migration-views.ts";
import { type CommandName, readCommand } from "./read-command.ts";

export type MigrationHandlers = Pick<AdminHandlers, keyof typeof MIGRATION_ROUTES>;

export function migrationHandlers(drivers: readonly Driver[], clock: Clock): MigrationHandlers {
  const find = (name: string): Driver =>
    found(drivers, { what: "migration plan", name, nameOf: ({ config }) => config.name });
  const status = (driver: Driver) => statusOf(driver, clock.epoch());
  const command = (name: CommandName) => (id: string, body: Readonly<Record<string, unknown>>) => {
    const driver = find(id);
    const event = readCommand(name, body);
    if (typeof event === "string") throw new AdminProblem(400, event);
    const refusal = driver.command(event);
    if (refusal !== undefined) throw new AdminProblem(409, refusal.text, { refusal });
    return status(driver);
  };
  return {
    migrations: () => ({ migrations: drivers.map(status) }),
    migration: (id) => status(find(id)),
    migrationReport: (id) => reportOf(find(id), clock.epoch()),
    migrationStart: command("start"),
    migrationPromote: command("promote"),
    migrationPause: command("pause"),
    migrationResume: command("resume"),
    migrationSet: command("set"),
    migrationAbort: command("abort"),
    migrationRollback: command("rollback"),
    migrationRearm: command("rearm"),
  };
}
