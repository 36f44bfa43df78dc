// `switchgear validate FILE…`: checks deployment files and says everything that is wrong with them.
import type { Command } from "commander";

const EXAMPLE = `
Examples:
  switchgear validate my.yaml
  switchgear validate deployments/          every *.yaml in the folder; together they are one process
  switchgear validate --json - < my.yaml    from standard input, for a program

Exit codes: 0 fine, 2 an error, or with --strict a warning.`;

/** Option values as commander gives them. */
export interface ValidateOptions {
  readonly json: boolean;
  readonly strict: boolean;
}

export function registerValidate(program: Command): void {
  program
    .command("validate")
    .description("check deployment files: all errors at once, with their positions")
    .argument("<file...>", "files, folders, or - for standard input")
    .option("--json", "print one JSON object", false)
    .option("--strict", "warnings count as errors", false)
    .addHelpText("after", EXAMPLE)
    .action(async (files: readonly string[], options: ValidateOptions) => {
      const { runValidate } = await import("./run-validate.ts");
      process.exitCode = runValidate(files, options);
    });
}
