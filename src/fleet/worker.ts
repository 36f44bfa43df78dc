// A worker as the rest of the product sees it: what it is, how it is, what it has to do.
import type { BreakerPhase } from "./breaker.ts";
import type { LoadLedger } from "./load-ledger.ts";
import type { WorkerIdentity } from "./worker-spec.ts";

export type Role = "both" | "prefill" | "decode";

/** starting: not yet seen healthy · ready · suspect: failing, used only when nothing is ready · draining: no new requests · dead. */
export type WorkerState = "starting" | "ready" | "suspect" | "draining" | "dead";

/** What is read from a worker; every field may be unknown for ever. */
export interface WorkerFacts {
  readonly version: string | undefined;
  /** Names in /v1/models, first the base model. */
  readonly servedModels: readonly string[];
  /** LoRA adapters in /v1/models: cards that have a parent. */
  readonly adapters?: readonly string[];
  readonly maxModelLen: number | undefined;
  readonly blockSize: number | undefined;
  readonly kvBlocks: number | undefined;
  readonly kvEvents: KvEventSource | undefined;
}

export interface KvEventSource {
  /** A ZMQ address this machine can connect to. */
  readonly endpoint: string;
  readonly replayEndpoint: string | undefined;
  readonly topic: string;
}

/** Last scrape of /metrics; undefined fields were not on the page. */
export interface WorkerGauges {
  readonly at: number;
  readonly running: number | undefined;
  readonly waiting: number | undefined;
  /** 0…1 */
  readonly kvUsage: number | undefined;
  /** Prompt tokens whose KV came from another worker, since its start. */
  readonly externalKvTokens?: number | undefined;
}

export interface Worker extends WorkerIdentity {
  readonly state: WorkerState;
  readonly facts: WorkerFacts;
  readonly gauges: WorkerGauges | undefined;
  /** It has just become ready: its first scrape since then has not ended. */
  readonly awaitsScrape?: boolean;
  readonly ledger: LoadLedger;
  /** Undefined = closed. */
  readonly breaker?: BreakerPhase;
  /** What the last probe or request found wrong; undefined while nothing is. */
  readonly trouble?: string | undefined;
  /** When requests that still run there must go on elsewhere; undefined unless it drains with a deadline. */
  readonly leaveAt?: number | undefined;
}

/** What one leg showed of the worker's health. `refused` = connection failed, `broken` = reset or died after connecting, `slow` = a limit passed, `engine` = its own words that it runs nothing more. */
export type LegOutcome = "ok" | "refused" | "broken" | "slow" | "overloaded" | "engine" | "failed";
