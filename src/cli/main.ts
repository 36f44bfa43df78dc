// Entry of the command `switchgear`.
import { enableCompileCache } from "node:module";
import { join } from "node:path";

// Half of a command's start is compiling. Beside the installed code: in a folder for all, another user could put code there.
enableCompileCache(join(import.meta.dirname, "..", "..", "node_modules", ".cache", "switchgear"));

const { CommanderError } = await import("commander");
const { program } = await import("./program.ts");
const { reportFailure } = await import("./report-failure.ts");

const USAGE = 2;

// A reader that went away (`| head`) or a full disk must not end a gateway that serves.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);

try {
  await program().parseAsync();
} catch (thrown) {
  // Commander has already printed; --help and --version end with 0.
  if (thrown instanceof CommanderError) process.exitCode = thrown.exitCode === 0 ? 0 : USAGE;
  else process.exitCode = reportFailure(thrown);
}
