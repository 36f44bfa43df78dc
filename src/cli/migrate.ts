// `switchgear migrate ACTION`: drives a migration of a running gateway over its admin API, or rehearses a plan.
import { Argument, type Command, Option } from "commander";
import { countOption, positiveOption, shareOption } from "./option-values.ts";
import { refuseIdleOptions } from "./refuse-idle-options.ts";

const EXAMPLE = `
Examples:
  switchgear migrate status --watch
  switchgear migrate start to-fleet --override 'parameter top_k'
  switchgear migrate set to-fleet --weight 0.1 --reason 'after the release'
  switchgear migrate rollback to-fleet --reason 'users complain'
  switchgear migrate report to-fleet --format html -o report.html
  switchgear migrate rehearse plan.yaml --rate 20 --fails-at 0.25 --candidate-error 0.05

Actions: start, status, promote, pause, resume, set, abort, rollback, rearm, report, rehearse. The plan may be left out when
the gateway has one. A command carries the version of the plan that was last seen: if it moved meanwhile, it is refused.
Exit codes: 0 healthy, 1 rolled back, aborted or refused, 2 bad input or no admin API, 3 needs a person, 4 timeout.`;

const ACTIONS = [
  "start",
  "status",
  "promote",
  "pause",
  "resume",
  "set",
  "abort",
  "rollback",
  "rearm",
  "report",
  "rehearse",
] as const;
export type MigrateAction = (typeof ACTIONS)[number];

/** Option values as commander gives them. */
export interface MigrateFlags {
  readonly admin?: string;
  readonly stateDirectory: string;
  readonly tokenEnv?: string;
  readonly watch: boolean;
  readonly interval: number;
  readonly timeout?: number;
  readonly seenVersion?: number;
  readonly actor?: string;
  readonly reason?: string;
  readonly force: boolean;
  readonly weight?: number;
  readonly override?: readonly string[];
  readonly format: "json" | "markdown" | "html";
  readonly output?: string;
  readonly json: boolean;
  readonly rate: number;
  readonly legacyError: number;
  readonly legacyTtftMs: number;
  readonly candidateError?: number;
  readonly candidateTtftMs?: number;
  readonly failsAt: number;
  readonly seed: string;
}

export function registerMigrate(program: Command): void {
  const command = program
    .command("migrate")
    .description("shadow, shift and roll back: status and commands of a running migration, reports, rehearsals")
    .addArgument(new Argument("<action>", "what to do").choices(ACTIONS))
    .argument("[plan]", "name of the plan; for rehearse: a file with a MigrationPlan (default: the seed's schedule)")
    .option("--admin <url>", "address of the admin API (default: of the gateway that runs with the state directory)")
    .option(
      "--state-directory <folder>",
      "of the gateway: its files admin-token and admin-address are read",
      ".switchgear",
    )
    .option("--token-env <name>", "environment variable with the admin token, instead of the file")
    .option("--watch", "status: print again and again until the migration ends", false)
    .option("--interval <seconds>", "status: time between two readings", positiveOption, 2)
    .option("--timeout <seconds>", "status: end the watch after so long, with exit code 4", positiveOption)
    .option(
      "--seen-version <n>",
      "version of the plan that the command was decided on (default: the present one)",
      countOption,
    )
    .option("--actor <name>", "who does it, for the audit log (default: the user)")
    .option("--reason <text>", "why, for the audit log; abort needs one")
    .option(
      "--force",
      "promote, set, rollback: past a gate or verdict that says no, above the next step, without capacity",
      false,
    )
    .option("--weight <share>", "set: share of sessions for the candidate, 0 to 1", shareOption)
    .option("--override <id...>", "start: hard checks of the preflight whose failure is accepted")
    .addOption(
      new Option("--format <format>", "report, rehearse: of the output")
        .choices(["json", "markdown", "html"])
        .default("markdown"),
    )
    .option("-o, --output <file>", "report, rehearse: write it there instead of standard output")
    .option("--json", "print one JSON object", false);
  rehearsalOptions(command)
    .addHelpText("after", EXAMPLE)
    .action(async (action: MigrateAction, plan: string | undefined, flags: MigrateFlags, self: Command) => {
      refuseIdleOptions(self, action);
      const { runMigrate } = await import("./run-migrate.ts");
      process.exitCode = await runMigrate(action, plan, flags);
    });
}

function rehearsalOptions(command: Command): Command {
  return command
    .option("--rate <n>", "rehearse: requests a second of both arms", positiveOption, 10)
    .option("--legacy-error <share>", "rehearse: failures of the legacy, 0 to 1", shareOption, 0.001)
    .option("--legacy-ttft-ms <ms>", "rehearse: P99 TTFT of the legacy", positiveOption, 500)
    .option("--candidate-error <share>", "rehearse: failures of the candidate (default: the legacy's)", shareOption)
    .option("--candidate-ttft-ms <ms>", "rehearse: P99 TTFT of the candidate (default: the legacy's)", positiveOption)
    .option("--fails-at <share>", "rehearse: below this weight the candidate is as the legacy", shareOption, 0)
    .option("--seed <text>", "rehearse: same seed, same course", "1");
}
