// Where scripts/clients/install.sh put the clients written in Python. In CI they are installed; elsewhere who lacks them is told how.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

export type PythonClient = "openai" | "aiperf";

const SCRIPT = join(import.meta.dirname, "../../scripts/clients/install.sh");
const ENV = process.env;
const FOLDER = ENV["SWITCHGEAR_CLIENTS"] ?? join(homedir(), ".cache/switchgear/clients");

/** Its Python, or why there is none. `install`: it must be there, so a failure throws. */
export function pythonOf(
  client: PythonClient,
  install: boolean,
): { readonly python: string } | { readonly absent: string } {
  if (!install) {
    const python = join(FOLDER, client, "venv/bin/python");
    const there = existsSync(join(FOLDER, client, "installed")) && existsSync(python);
    return there ? { python } : { absent: `not installed: scripts/clients/install.sh ${client}` };
  }
  const run = spawnSync(SCRIPT, [client], { encoding: "utf8", timeout: 100_000 });
  if (run.status !== 0) throw new Error(`scripts/clients/install.sh ${client} failed:\n${run.stderr}`);
  return { python: run.stdout.trim().split("\n").at(-1) ?? "" };
}

/** As CI systems say of themselves. */
export const IN_CI = ENV["CI"] === "true";
