// Reloads of the deployment files: everything is read and checked first, then all of it is put in force, or nothing.
import type { Deployment } from "../../config/index.ts";
import { type Clock, SwitchgearError, toError } from "../../core/index.ts";
import type { Log, Metrics } from "../../telemetry/index.ts";
import { type Changes, changesBetween, opensPort } from "./changes.ts";

export interface ReloadReport {
  readonly result: "applied" | "unchanged" | "rejected";
  /** What asked for it: signal, file, admin. */
  readonly cause: string;
  /** ISO 8601 */
  readonly at: string;
  /** Fields that differ. */
  readonly changed: readonly string[];
  /** Why it was rejected. */
  readonly reason?: string;
}

export interface Reloader {
  /** One after another; never rejects. */
  reload(cause: string): Promise<ReloadReport>;
  readonly last: ReloadReport | undefined;
  /** In force. */
  readonly deployments: readonly Deployment[];
}

export interface ReloaderOptions {
  readonly deployments: readonly Deployment[];
  /** Reads the files again; throws for what is wrong with them. */
  readonly load: () => readonly Deployment[];
  /** Makes everything that may fail; the result puts it in force and tells whether anything changed. */
  readonly prepare: (next: readonly Deployment[]) => Promise<() => boolean>;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

export function reloader(options: ReloaderOptions): Reloader {
  const { clock, log, metrics } = options;
  let { deployments } = options;
  let last: ReloadReport | undefined;
  let tail: Promise<unknown> = Promise.resolve();
  metrics.show({ configCurrent: () => last?.result !== "rejected" });

  async function attempt(cause: string): Promise<ReloadReport> {
    const about = { cause, at: new Date(clock.epoch()).toISOString() };
    let changes: Changes = { fields: [], fixed: [] };
    try {
      const next = options.load();
      changes = changesBetween(deployments, next);
      refuseFixed(changes);
      if (opensPort(deployments, next)) throw withoutKeys();
      const commit = await options.prepare(next);
      const changed = commit() || changes.fields.length > 0;
      deployments = next;
      return { ...about, result: changed ? "applied" : "unchanged", changed: changes.fields };
    } catch (thrown) {
      return { ...about, result: "rejected", changed: changes.fields, reason: reasonOf(thrown) };
    }
  }

  async function run(cause: string): Promise<ReloadReport> {
    last = await attempt(cause);
    metrics.configReloads(last.result).inc();
    if (last.result === "rejected") log.error(last, "configuration rejected; the old one stays in force");
    else log.info(last, "configuration reloaded");
    return last;
  }

  return {
    reload(cause) {
      const done = tail.then(() => run(cause));
      tail = done;
      return done;
    },
    get last() {
      return last;
    },
    get deployments() {
      return deployments;
    },
  };
}

function refuseFixed({ fixed }: Changes): void {
  if (fixed.length === 0) return;
  throw new SwitchgearError("SWG_RELOAD_REFUSED", `needs a restart: ${fixed.join(", ")}`, {
    where: fixed[0] ?? "",
    expected: "the value this process was started with",
  });
}

function withoutKeys(): SwitchgearError {
  return new SwitchgearError("SWG_RELOAD_REFUSED", "needs a restart: without any key the port is open to everyone", {
    where: "spec.gateway.apiKeys",
    expected: "at least one of env and files, as this process was started with",
  });
}

/** As `validate` would say it, the place and the expected value included. */
function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof SwitchgearError)) return toError(thrown).message;
  const { where, expected } = thrown.details;
  return [thrown.message, where && `where: ${where}`, expected && `expected: ${expected}`].filter(Boolean).join("; ");
}
