// `switchgear drain WORKER`: takes a worker of a running gateway out of service, or back in.
import type { Command } from "commander";
import { positiveOption } from "./option-values.ts";

const EXAMPLE = `
Examples:
  switchgear drain live-workers-0
  switchgear drain live-workers-0 --deadline 60 --timeout 120
  switchgear drain live-workers-0 --undo

The worker gets no new requests. What still runs there after the deadline goes on at another worker, as far as it can; the rest may end.
The command returns when none of the gateway's requests is left there: then the worker may be stopped.
Exit codes: 0 nothing of the gateway runs there, 1 no such worker, 2 bad input or no admin API, 4 timeout.`;

/** Option values as commander gives them. */
export interface DrainFlags {
  readonly admin?: string;
  readonly stateDirectory: string;
  readonly tokenEnv?: string;
  readonly deadline?: number;
  readonly timeout?: number;
  readonly undo: boolean;
}

export function registerDrain(program: Command): void {
  program
    .command("drain")
    .description("takes a worker out of service without losing a request, or back in")
    .argument("<worker>", "its id, as the admin API and the receipts show it")
    .option("--admin <url>", "address of the admin API (default: of the gateway that runs with the state directory)")
    .option(
      "--state-directory <folder>",
      "of the gateway: its files admin-token and admin-address are read",
      ".switchgear",
    )
    .option("--token-env <name>", "environment variable with the admin token, instead of the file")
    .option(
      "--deadline <seconds>",
      "what runs longer goes on elsewhere (default: spec.gateway.drain.workerTimeoutMs)",
      positiveOption,
    )
    .option("--timeout <seconds>", "return after so long in any case, with exit code 4", positiveOption)
    .option("--undo", "give it new requests again", false)
    .addHelpText("after", EXAMPLE)
    .action(async (worker: string, flags: DrainFlags) => {
      const { runDrain } = await import("./run-drain.ts");
      process.exitCode = await runDrain(worker, flags);
    });
}
