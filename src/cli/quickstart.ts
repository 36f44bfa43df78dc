// `switchgear quickstart`: what `npm start` runs; serve with the example that needs nothing.
import { join } from "node:path";
import type { Command } from "commander";

const EXAMPLE = `
Example:
  switchgear quickstart

Stops on Ctrl-C. Exit codes: 0 stopped as asked, 2 a port in use.`;

export function registerQuickstart(program: Command): void {
  program
    .command("quickstart")
    .description("run examples/quickstart.yaml: four simulated workers and the gateway")
    .addHelpText("after", EXAMPLE)
    .action(async () => {
      const { runServe } = await import("./run-serve.ts");
      const file = join(import.meta.dirname, "..", "..", "examples", "quickstart.yaml");
      process.stderr.write("switchgear: starting four simulated workers and the gateway…\n");
      await runServe([file], { quiet: true, json: false }, "quickstart");
    });
}
