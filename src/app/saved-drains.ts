// Workers that a person drained, kept over a restart of the gateway: somebody may be at work on them.
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { toError } from "../core/index.ts";
import type { Fleet, Worker } from "../fleet/index.ts";
import type { Log } from "../telemetry/index.ts";

export interface SavedDrains {
  drained(id: string): void;
  undrained(id: string): void;
}

export interface DrainParts {
  readonly stateDirectory: string;
  readonly fleet: Fleet;
  /** It is started here: with the next gateway it is another process. */
  readonly isOwn: (id: string) => boolean;
  readonly log: Log;
}

/** Drains those that were drained at the last stop. An id may be another server's by now, so the address has to be the same. */
export function savedDrains({ stateDirectory, fleet, isOwn, log }: DrainParts): SavedDrains {
  const file = join(stateDirectory, "drains.json");
  const before = new Map(Object.entries(readDrains(file, log)));
  const still = fleet.workers().filter((one) => !isOwn(one.id) && before.get(one.id) === addressOf(one));
  const drains = new Map(still.map((one) => [one.id, addressOf(one)]));
  for (const id of drains.keys()) fleet.drain(id);
  if (drains.size > 0) log.warn({ workers: [...drains.keys()] }, "workers are drained, as before the last stop");

  function save(): void {
    try {
      writeFileSync(`${file}.new`, JSON.stringify(Object.fromEntries(drains)), { mode: 0o600 });
      renameSync(`${file}.new`, file);
    } catch (error) {
      log.error({ file, error: toError(error).message }, "drains could not be saved: a restart forgets them");
    }
  }

  function undrained(id: string): void {
    if (drains.delete(id)) save();
  }

  // Out of the file and in again, it serves.
  fleet.onChange((worker) => {
    if (drains.has(worker.id) && !fleet.workers().some(({ id }) => id === worker.id)) undrained(worker.id);
  });
  return {
    drained(id) {
      const worker = fleet.workers().find((one) => one.id === id);
      if (worker === undefined || isOwn(id)) return;
      drains.set(id, addressOf(worker));
      save();
    },
    undrained,
  };
}

function addressOf({ origin, basePath }: Worker): string {
  return origin + basePath;
}

function readDrains(file: string, log: Log): Record<string, unknown> {
  if (!existsSync(file)) return {};
  try {
    return Object(JSON.parse(readFileSync(file, "utf8")));
  } catch (error) {
    log.error({ file, error: toError(error).message }, "saved drains cannot be read");
    return {};
  }
}
