// `switchgear tenants ACTION`: keys, use and reports of a running gateway's tenants, over its admin API.
import { Argument, type Command, Option } from "commander";
import { countOption, positiveOption } from "./option-values.ts";
import { refuseIdleOptions } from "./refuse-idle-options.ts";

const EXAMPLE = `
Examples:
  switchgear tenants example > tenants.yaml
  switchgear tenants create search --label 'web frontend' --expires-days 90
  switchgear tenants list
  switchgear tenants rotate 0123456789ab --overlap-minutes 60
  switchgear tenants revoke 0123456789ab
  switchgear tenants usage --tenant search --limit 1000 --format csv
  switchgear tenants report --month 2026-11 --format csv

Actions: example, create TENANT, list, rotate KEY, revoke KEY, usage, report. A key is shown once, when it is made; afterwards
it is known by its id, the part between swg_ and the second underscore.
Exit codes: 0 fine, 1 refused or no such key, 2 bad input or no admin API.`;

const ACTIONS = ["example", "create", "list", "rotate", "revoke", "usage", "report"] as const;
export type TenantsAction = (typeof ACTIONS)[number];

/** Option values as commander gives them. */
export interface TenantsFlags {
  readonly admin?: string;
  readonly stateDirectory: string;
  readonly tokenEnv?: string;
  readonly label?: string;
  readonly expiresDays?: number;
  readonly role: "client" | "admin";
  readonly overlapMinutes?: number;
  readonly force: boolean;
  readonly tenant?: string;
  readonly from?: string;
  readonly to?: string;
  readonly limit?: number;
  readonly month?: string;
  readonly format: "text" | "csv" | "json";
}

export function registerTenants(program: Command): void {
  program
    .command("tenants")
    .description("keys of tenants, what they used, and monthly reports")
    .addArgument(new Argument("<action>", "what to do").choices(ACTIONS))
    .argument("[subject]", "create: the tenant; rotate, revoke: the key's id")
    .option("--admin <url>", "address of the admin API (default: of the gateway that runs with the state directory)")
    .option(
      "--state-directory <folder>",
      "of the gateway: its files admin-token and admin-address are read",
      ".switchgear",
    )
    .option("--token-env <name>", "environment variable with the admin token or an admin key, instead of the file")
    .option("--label <text>", "create: what the key is for")
    .option("--expires-days <n>", "create, rotate: the new key ends after so long (default: never)", positiveOption)
    .addOption(
      new Option("--role <role>", "create: an admin key opens the admin API, and nothing else")
        .choices(["client", "admin"])
        .default("client"),
    )
    .option("--overlap-minutes <n>", "rotate: the old key is good for so long (default: it ends now)", positiveOption)
    .option("--force", "revoke: even the last admin key", false)
    .option("--tenant <name>", "usage, report: of this tenant only")
    .option("--from <date>", "usage: from this day or time on, such as 2026-11-01 (UTC)")
    .option("--to <date>", "usage: up to, not including, this day or time")
    .option("--limit <n>", "usage: at most so many rows", countOption)
    .option("--month <month>", "report: YYYY-MM (default: this month)")
    .addOption(new Option("--format <format>", "of the output").choices(["text", "csv", "json"]).default("text"))
    .addHelpText("after", EXAMPLE)
    .action(async (action: TenantsAction, subject: string | undefined, flags: TenantsFlags, self: Command) => {
      refuseIdleOptions(self, action);
      const { runTenants } = await import("./run-tenants.ts");
      process.exitCode = await runTenants(action, subject, flags);
    });
}
