// `switchgear scale ACTION`: what the autoscaler of a running gateway does and why, a number by hand, a recorded day again.
import { Argument, type Command, Option } from "commander";
import { countOption } from "./option-values.ts";
import { refuseIdleOptions } from "./refuse-idle-options.ts";

const EXAMPLE = `
Examples:
  switchgear scale status
  switchgear scale explain prod-workers --last 5
  switchgear scale dry-run prod-workers
  switchgear scale set prod-workers 6
  switchgear scale set prod-workers auto
  switchgear scale replay .switchgear/autoscaling/decisions.jsonl

Actions: status, explain [POOL], dry-run [POOL], set POOL NUMBER or auto, replay FILE. A pool is DEPLOYMENT-POOL, as status shows it;
without it all are meant. A number that is set holds, over restarts too, until it is set to auto.
replay makes each decision of a recorded file again, and compares.
Exit codes: 0 fine, 1 no such pool, or a replayed decision differs, 2 bad input or no admin API.`;

const ACTIONS = ["status", "explain", "dry-run", "set", "replay"] as const;
export type ScaleAction = (typeof ACTIONS)[number];

/** Option values as commander gives them. */
export interface ScaleFlags {
  readonly admin?: string;
  readonly stateDirectory: string;
  readonly tokenEnv?: string;
  readonly last: number;
  readonly format: "text" | "json";
}

export function registerScale(program: Command): void {
  program
    .command("scale")
    .description("how many workers there are, why, and as many as you say")
    .addArgument(new Argument("<action>", "what to do").choices(ACTIONS))
    .argument("[subject]", "the pool; replay: the file")
    .argument("[replicas]", "set: how many workers, or auto")
    .option("--admin <url>", "address of the admin API (default: of the gateway that runs with the state directory)")
    .option(
      "--state-directory <folder>",
      "of the gateway: its files admin-token and admin-address are read",
      ".switchgear",
    )
    .option("--token-env <name>", "environment variable with the admin token, instead of the file")
    .option("--last <n>", "explain: so many decisions of each pool", countOption, 10)
    .addOption(new Option("--format <format>", "of the output").choices(["text", "json"]).default("text"))
    .addHelpText("after", EXAMPLE)
    .action(async (action: ScaleAction, subject: string | undefined, replicas: string | undefined, ...rest) => {
      const [flags, self] = rest as [ScaleFlags, Command];
      refuseIdleOptions(self, action);
      const { runScale } = await import("./run-scale.ts");
      process.exitCode = await runScale({ action, subject, replicas }, flags);
    });
}
