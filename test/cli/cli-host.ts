// A process that runs commands one after the other as `main.ts` would, so that a test file pays for its start once.
import { fork } from "node:child_process";
import { CommanderError } from "commander";
import { reportFailure } from "../../src/cli/report-failure.ts";

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface CliHost {
  /** Calls wait for the ones before. */
  run(args: readonly string[]): Promise<Ran>;
  close(): void;
}

export function cliHost(): CliHost {
  const child = fork(import.meta.filename, { stdio: ["ignore", "ignore", "inherit", "ipc"] });
  child.setMaxListeners(0);
  let last: Promise<unknown> = Promise.resolve();
  const ask = (args: readonly string[]): Promise<Ran> =>
    new Promise((resolve, reject) => {
      child.once("message", (message) => resolve(message as Ran));
      child.once("exit", () => reject(new Error("the host of commands is gone")));
      child.send(args);
    });
  return {
    run(args) {
      const ran = last.then(() => ask(args));
      last = ran.catch(() => undefined);
      return ran;
    },
    close: () => child.disconnect(),
  };
}

async function runHere(args: readonly string[]): Promise<Ran> {
  const { program } = await import("../../src/cli/program.ts");
  const written = { out: "", err: "" };
  process.stdout.write = (text: string | Uint8Array) => Boolean((written.out += String(text)));
  process.stderr.write = (text: string | Uint8Array) => Boolean((written.err += String(text)));
  process.exitCode = 0;
  try {
    await program().parseAsync([...args], { from: "user" });
  } catch (thrown) {
    process.exitCode = thrown instanceof CommanderError ? 2 : reportFailure(thrown);
  }
  return { code: Number(process.exitCode), ...written };
}

if (process.argv[1] === import.meta.filename) {
  process.on("message", (args) => void runHere(args as readonly string[]).then((ran) => process.send?.(ran)));
}
