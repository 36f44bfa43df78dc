// Where the admin API of a state directory's gateway listens: a file there, for the commands that speak to it.
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { toError } from "../../core/index.ts";
import type { Log } from "../../telemetry/index.ts";

interface AdminNote {
  readonly stateDirectory: string;
  readonly url: string;
  readonly log: Pick<Log, "warn">;
}

/** The result takes it away again, unless another gateway has written its own by then. */
export function noteAdminAddress({ stateDirectory, url, log }: AdminNote): () => void {
  const file = join(stateDirectory, "admin-address");
  try {
    writeFileSync(`${file}.new`, `${url}\n`, { mode: 0o600 });
    renameSync(`${file}.new`, file);
  } catch (error) {
    log.warn({ file, error: toError(error).message }, "commands need --admin: the address could not be written down");
  }
  return () => {
    if (isStillOurs(file, url)) rmSync(file, { force: true });
  };
}

function isStillOurs(file: string, url: string): boolean {
  try {
    return readFileSync(file, "utf8").trim() === url;
  } catch {
    return false;
  }
}
