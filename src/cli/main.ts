// Entry of the command `switchgear`: one file per sub-command; each loads its work only when it runs.
import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { registerBench } from "./bench.ts";
import { registerEngine } from "./engine.ts";
import { registerQuickstart } from "./quickstart.ts";
import { registerServe } from "./serve.ts";
import { registerValidate } from "./validate.ts";
import { reportFailure } from "./report-failure.ts";

const USAGE = 2;

function version(): string {
  const file = new URL("../../package.json", import.meta.url);
  const parsed: unknown = JSON.parse(readFileSync(file, "utf8"));
  return typeof parsed === "object" && parsed !== null && "version" in parsed ? String(parsed.version) : "unknown";
}

function program(): Command {
  const root = new Command("switchgear")
    .description("takes LLM serving from one vLLM server to a fleet of them")
    .version(version())
    .exitOverride()
    .showHelpAfterError("(--help shows the options)");
  registerServe(root);
  registerValidate(root);
  registerEngine(root);
  registerBench(root);
  registerQuickstart(root);
  for (const command of root.commands)
    command.exitOverride().showHelpAfterError(`(switchgear ${command.name()} --help shows the options)`);
  return root;
}

try {
  await program().parseAsync();
} catch (thrown) {
  // Commander has already printed; --help and --version end with 0.
  if (thrown instanceof CommanderError) process.exitCode = thrown.exitCode === 0 ? 0 : USAGE;
  else process.exitCode = reportFailure(thrown);
}
