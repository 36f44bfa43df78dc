// The paths of the admin API that show and steer migrations.
import type { AdminRoute } from "./admin-routes.ts";

const ONE = "/admin/v1/migrations/{id}";

/** `satisfies` keeps the names; each command has a path of its own, so that access to it can be given apart. */
export const MIGRATION_ROUTES = {
  migrations: {
    method: "GET",
    path: "/admin/v1/migrations",
    summary: "All migration plans of this process",
    answer: "{migrations: MigrationStatus[]}",
  },
  migration: { method: "GET", path: ONE, summary: "Where a migration stands", answer: "MigrationStatus" },
  migrationReport: {
    method: "GET",
    path: `${ONE}/report`,
    summary: "The data of its report: history, audit, verdict, evidence",
    answer: "MigrationReport",
  },
  migrationStart: command("start", "Probes both arms, then begins; `override` names preflight failures to accept"),
  migrationPromote: command(
    "promote",
    "Ends the wait of the present phase or step; `force` passes a gate that says no",
  ),
  migrationPause: command("pause", "Holds the plan where it is; the watch goes on"),
  migrationResume: command("resume", "Ends a pause"),
  migrationSet: command("set", "Sets the weight, 0 to 1; above the next step's only with `force`"),
  migrationAbort: command("abort", "All traffic to the legacy arm, for a `reason`; the plan is over"),
  migrationRollback: command("rollback", "All traffic to the legacy arm; latched until a re-arm"),
  migrationRearm: command("rearm", "Takes a rollback or an abort back to before the first step"),
} as const satisfies Record<string, AdminRoute>;

function command<Name extends string>(name: Name, summary: string) {
  return {
    method: "POST",
    path: `${ONE}/${name}`,
    summary,
    answer: "MigrationStatus",
    takesBody: true,
    refuses: true,
  } as const;
}
