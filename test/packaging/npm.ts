// Runs npm as a user would, quietly and without asking; says whether a failure is only the network.
import { spawnSync } from "node:child_process";
import { delimiter, dirname } from "node:path";

export interface NpmRun {
  readonly status: number | null;
  readonly output: string;
  /** The registry cannot be reached and the cache does not have it. */
  readonly unreachable: boolean;
}

const NETWORK = /ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN|ENOTCACHED|ENETUNREACH/;

export function npm(args: readonly string[], cwd: string): NpmRun {
  const script = process.env["npm_execpath"];
  const [program, first] = script === undefined ? ["npm", []] : [process.execPath, [script]];
  const run = spawnSync(program, [...first, ...args], { cwd, env: plainEnvironment(), encoding: "utf8" });
  const output = `${run.stdout}${run.stderr}`;
  return { status: run.status, output, unreachable: run.status !== 0 && NETWORK.test(output) };
}

/** This Node first in PATH, without what an outer `npm test` has set for its own scripts and the test runner's marks. */
export function plainEnvironment(): NodeJS.ProcessEnv {
  const own = (name: string): boolean => !/^(npm_|NODE_TEST|NODE_OPTIONS|INIT_CWD)/i.test(name);
  const kept = Object.entries(process.env).filter(([name]) => own(name) || /registry|cache/i.test(name));
  const path = [dirname(process.execPath), process.env["PATH"]].join(delimiter);
  return { ...Object.fromEntries(kept), PATH: path };
}
