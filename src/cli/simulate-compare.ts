// `switchgear simulate compare`: reports of earlier runs, or plans, against the first one.
import type { Command } from "commander";

const EXAMPLE = `
Examples:
  switchgear simulate compare before.json after.json
  switchgear simulate compare base.yaml tuned.yaml --html compared.html

Each file is a report of simulate --json, or a plan, which is then run. All need the same seeds: differences are
taken seed by seed, and their intervals by bootstrap over the seeds.
Exit codes: 0 fine, 2 usage, a bad file or different seeds, 130 ended by Ctrl-C.`;

export function registerCompare(simulate: Command): void {
  simulate
    .command("compare")
    .description("compare results with the first one, with bootstrap intervals over seeds")
    .argument("<files...>", "reports (simulate --json) or plans (YAML)")
    .option("--bootstrap-seed <text>", "same seed, same intervals", "1")
    .option("--html <file>", "write a page with plots")
    .option("--json", "print the comparison as JSON (schema/simulationreport.schema.json)", false)
    .addHelpText("after", EXAMPLE)
    .action(async (files: readonly string[], _options: unknown, command: Command) => {
      const { runCompare } = await import("./run-compare.ts");
      process.exitCode = await runCompare(files, command.opts<CompareOptions>());
    });
}

/** Option values as commander gives them. */
export interface CompareOptions {
  readonly bootstrapSeed: string;
  readonly html?: string;
  readonly json: boolean;
}
