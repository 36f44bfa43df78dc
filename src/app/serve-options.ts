// What a gateway is started with.
import type { Deployment, MigrationConfig, TenantsConfig } from "../config/index.ts";
import type { Clock, Random } from "../core/index.ts";
import type { Log } from "../telemetry/index.ts";
import type { InheritedSockets } from "./handover/inherited-sockets.ts";
import type { Preflight } from "./migration/preflight.ts";

export interface ServeOptions {
  /** Not empty; process-wide settings are equal in all of them. */
  readonly deployments: readonly Deployment[];
  /** Migrations between the workers of these, or to and from servers elsewhere. */
  readonly plans?: readonly MigrationConfig[];
  /** Replaces the probe of both arms before a migration. */
  readonly preflight?: Preflight;
  /** Who may ask; asked again after each `load`. */
  readonly tenants?: () => TenantsConfig | undefined;
  readonly log: Log;
  readonly clock?: Clock;
  readonly random?: Random;
  /** Reads the deployments again, for a reload; throws for what is wrong with them. */
  readonly load?: () => readonly Deployment[];
  readonly sockets?: InheritedSockets;
  /** Another gateway process serves the sockets until this one is ready. */
  readonly successor?: boolean;
  /** Requests are recorded in this file: times, lengths and which blocks are equal. */
  readonly record?: string | undefined;
}
