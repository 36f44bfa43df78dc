// `migrate status`, once or until the migration ends.
import { realClock } from "../core/index.ts";
import { type MigrationStatus, statusText } from "../migration/index.ts";
import type { MigrateFlags } from "./migrate.ts";

const TIMEOUT = 4;
const CLEAR = "\u001B[2J\u001B[H";
const OVER = new Set(["completed", "rolled-back", "aborted"]);

/** The exit code. */
export async function showStatus(read: () => Promise<MigrationStatus>, flags: MigrateFlags): Promise<number> {
  const { watch, interval, timeout, json } = flags;
  const until = timeout === undefined ? Number.POSITIVE_INFINITY : realClock.now() + timeout * 1000;
  let shown = "";
  for (;;) {
    const status = await read();
    const text = json ? `${JSON.stringify(status)}\n` : statusText(status);
    // To a file or pipe only what is new; on a terminal one screen.
    if (process.stdout.isTTY && watch && !json) process.stdout.write(CLEAR + text);
    else if (text !== shown) process.stdout.write(text);
    shown = text;
    if (!watch || OVER.has(status.plan.phase)) return status.plan.exitCode;
    if (realClock.now() >= until) return TIMEOUT;
    await new Promise((resolve) => setTimeout(resolve, interval * 1000));
  }
}
