// What has to be known to run one worker as a process.
import type { LaunchLimits } from "./launch-limits.ts";
import type { Command } from "./spawn-worker.ts";

export interface ProcessSpec extends Command {
  readonly id: string;
  /** Where the running process is noted, for the gateway that comes after a kill; undefined = nowhere. */
  readonly noteFolder?: string | undefined;
  /** `http://host:port` of its API; undefined = it counts as ready from its start. */
  readonly origin?: string | undefined;
  /** Blotted out in what is told of its output. */
  readonly secrets?: readonly string[] | undefined;
  readonly limits?: LaunchLimits | undefined;
  readonly lease?: DeviceLease | undefined;
}

/** The GPUs of a worker, while it is up or about to be. */
export interface DeviceLease {
  /** The environment that shows them to the worker; the same until they are given back. Throws when there are too few. */
  take(): Readonly<Record<string, string>>;
  give(): void;
  /** Given to others for a while, but only these will do again. */
  park(): void;
  readonly devices: readonly string[];
}
