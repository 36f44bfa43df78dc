// A deployment in operation: where it listens and how it is stopped.
import type { ReloadReport } from "./reload/reloader.ts";

export interface Running {
  readonly urls: {
    readonly data: string;
    readonly admin: string;
    /** Undefined when Prometheus is off. */
    readonly metrics: string | undefined;
  };
  readonly models: readonly string[];
  readonly adminTokenFile: string;
  /** Resolves once each model has a ready worker, or after `limitMs` with the models that have none. */
  ready(limitMs: number): Promise<readonly string[]>;
  /** Reads the deployment files again and puts all of it in force, or nothing; `cause` is for the log. */
  reload(cause: string): Promise<ReloadReport>;
  /** Drains: no new requests, running ones finish, then everything that was started here is stopped. */
  stop(): Promise<void>;
  /** Another process serves the sockets from now on: connections end in their own time, then as `stop`. */
  handOver(): Promise<void>;
}
