// What signals mean to a running gateway: stop, or read the files again.
import { closeSync, openSync } from "node:fs";
import type { Running } from "../app/index.ts";
import { realClock } from "../core/index.ts";

/** npm passes on a Ctrl-C that the terminal has sent here too: so soon after the first, it is the same one. */
const SAME_SIGNAL_MS = 500;

/** The first SIGINT or SIGTERM drains, a second one ends at once. SIGHUP reloads, unless the terminal has gone with it. */
export function onSignals(running: Running): Promise<"stopped"> {
  const startedInTerminal = hasTerminal();
  return new Promise((resolved) => {
    let asked: number | undefined;
    const stop = (): void => {
      if (asked !== undefined && realClock.now() - asked < SAME_SIGNAL_MS) return;
      if (asked !== undefined) process.exit(130);
      asked = realClock.now();
      // Writing to a pipe that nobody reads blocks, and a stop must not wait for a reader.
      if (process.stderr.isTTY) process.stderr.write("switchgear: draining; once more to stop at once\n");
      void running.stop().then(() => resolved("stopped"));
    };
    process.on("SIGINT", stop);
    process.on("SIGTERM", stop);
    process.on("SIGHUP", () => {
      if (startedInTerminal && !hasTerminal()) stop();
      else void running.reload("SIGHUP");
    });
  });
}

/** A window that was closed sends SIGHUP as well, and nothing that ran in it may stay behind as an orphan. */
export function hasTerminal(): boolean {
  try {
    closeSync(openSync("/dev/tty", "r"));
    return true;
  } catch {
    return false;
  }
}
