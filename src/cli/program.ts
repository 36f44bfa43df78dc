// The command line: one file per sub-command; each loads its work only when it runs.
import { Command } from "commander";
import { VERSION } from "../version.ts";
import { registerAssess } from "./assess.ts";
import { registerBench } from "./bench.ts";
import { registerConvert } from "./convert.ts";
import { registerDrain } from "./drain.ts";
import { registerEngine } from "./engine.ts";
import { registerMigrate } from "./migrate.ts";
import { registerProbe } from "./probe.ts";
import { registerQuickstart } from "./quickstart.ts";
import { registerScale } from "./scale.ts";
import { registerServe } from "./serve.ts";
import { registerSimulate } from "./simulate.ts";
import { registerTenants } from "./tenants.ts";
import { registerValidate } from "./validate.ts";

const EXAMPLE = `
Examples:
  switchgear quickstart           four simulated workers and the gateway; no GPU, no download
  switchgear validate my.yaml     what is wrong with a deployment file
  switchgear serve my.yaml        the gateway before your workers

Exit codes: 0 fine, 1 the answer is no, 2 usage or bad input, 3 needs a person, 4 timeout.`;

export function program(): Command {
  const root = new Command("switchgear")
    .description("takes LLM serving from one vLLM server to a fleet of them")
    .version(VERSION)
    // A nested command's option may have the name of one of its parent's.
    .enablePositionalOptions()
    .exitOverride()
    .showHelpAfterError("(--help shows the options)")
    .addHelpText("after", EXAMPLE);
  registerServe(root);
  registerValidate(root);
  registerAssess(root);
  registerConvert(root);
  registerProbe(root);
  registerDrain(root);
  registerMigrate(root);
  registerScale(root);
  registerEngine(root);
  registerBench(root);
  registerSimulate(root);
  registerTenants(root);
  registerQuickstart(root);
  for (const command of root.commands)
    command.exitOverride().showHelpAfterError(`(switchgear ${command.name()} --help shows the options)`);
  return root;
}
