// What the deployment says of one worker before anyone has spoken to it.
import type { StepCost } from "../model/index.ts";
import type { KvEventSource, Role } from "./worker.ts";

/** PEM texts, already read from their files. */
export interface WorkerTls {
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  /** Asked for as SNI, and expected in the certificate; undefined = the host of the address. */
  readonly serverName?: string | undefined;
  readonly verify: boolean;
}

/** What is known of a worker from the start and never changes. */
export interface WorkerIdentity {
  readonly id: string;
  /** Name of the deployment it belongs to. */
  readonly deployment: string;
  /** Model name that clients use. */
  readonly model: string;
  readonly role: Role;
  /** `http://host:port`, without a trailing slash. */
  readonly origin: string;
  /** Put before each path, `""` or `/prefix`. */
  readonly basePath: string;
  /** Bearer key for the worker; never logged. */
  readonly key: string | undefined;
  readonly tls: WorkerTls | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly cost: StepCost;
  readonly maxSequences: number | undefined;
  /** An endpoint of a migration plan, `PLAN/ARM`: in no pool that clients can name. */
  readonly arm?: string | undefined;
  /** Sent with each request, also the probes; names in lower case, never logged. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

export interface WorkerSpec extends WorkerIdentity {
  /** Further names that clients may use for the model. */
  readonly aliases: readonly string[];
  /** Checked against what the worker says; a difference is reported. */
  readonly maxModelLen: number | undefined;
  /** KV blocks that the stated TP and memory fraction give on the modelled GPU; undefined when the model is not known well enough. */
  readonly kvBlocks: number | undefined;
  /** One that joins a running fleet gets a growing share of requests over so long; undefined or 0 = its full share at once. */
  readonly warmupMs?: number | undefined;
  /** Given by the deployment; undefined = ask the worker, false = do not subscribe. */
  readonly kvEvents: KvEventSource | false | undefined;
}
