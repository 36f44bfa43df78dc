// `switchgear quickstart`: what `npm start` runs; serve with the example that needs nothing.
import { join } from "node:path";
import type { Command } from "commander";
import { listenOptions, type ServeFlags } from "./serve.ts";

const EXAMPLE = `
Examples:
  switchgear quickstart
  switchgear quickstart --port 8090 --admin-port 8091 --metrics-port 9091

Stops on Ctrl-C. Exit codes: 0 stopped as asked, 2 a port in use.`;

export function registerQuickstart(program: Command): void {
  const command = program
    .command("quickstart")
    .description("run examples/quickstart.yaml: four simulated workers and the gateway");
  listenOptions(command)
    .addHelpText("after", EXAMPLE)
    .action(async (flags: ServeFlags) => {
      const { runServe } = await import("./run-serve.ts");
      const file = join(import.meta.dirname, "..", "..", "examples", "quickstart.yaml");
      process.stderr.write("switchgear: starting four simulated workers and the gateway…\n");
      await runServe([file], { ...flags, quiet: true }, "quickstart");
    });
}
