// Entry of the command `switchgear`.
import { CommanderError } from "commander";
import { program } from "./program.ts";
import { reportFailure } from "./report-failure.ts";

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
