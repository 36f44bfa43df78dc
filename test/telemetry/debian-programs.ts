// Programs of Debian packages for tests: fetched once by scripts/debian.js; a machine without them skips by name, CI fails.
import { spawnSync } from "node:child_process";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");

export interface DebianProgram {
  readonly path: string;
  /** Why a test that needs it cannot run here, or `false`. */
  readonly skip: string | false;
}

/** `program` is a path inside the package: `usr/bin/promtool`. */
export function debianProgram(name: string, program: string): DebianProgram {
  const run = spawnSync(process.execPath, [join(ROOT, "scripts/debian.js"), name], { encoding: "utf8" });
  if (run.status === 0) return { path: join(run.stdout.trim(), program), skip: false };
  const why = `${program} is not here: ${run.stderr.trim()}`;
  if (process.env["CI"] === "true") throw new Error(why);
  return { path: "", skip: why };
}
