// The workers of all deployments and the questions that are asked of them.
import type { Mismatch } from "./mismatches.ts";
import type { LegOutcome, Role, Worker } from "./worker.ts";
import type { WorkerSpec } from "./worker-spec.ts";

export interface Fleet {
  /** All workers, in order of joining. */
  workers(): readonly Worker[];
  /** Model names that clients may use, whether or not a worker is up. */
  models(): readonly string[];
  /** Workers that may get a new request: the ready ones, else the suspect ones, else none. */
  eligible(model: string, role: Role | "any"): readonly Worker[];
  /** Ids of workers that are alive and yet get no requests, since requests to them failed. */
  ejected?(model: string): readonly string[];
  /** Differences between the deployment and what the worker says of itself. */
  mismatches(id: string): readonly Mismatch[];
  /** What a leg showed; feeds the state machine at once, before the next probe. */
  report(worker: Worker, outcome: LegOutcome): void;
  /**
   * False when there is no such worker. What still runs there after `deadlineMs`, by default the deployment's, goes on
   * elsewhere, as far as it can.
   */
  drain(id: string, deadlineMs?: number): boolean;
  undrain(id: string): boolean;
  /** `listener` is called after every change of a worker's state or facts. */
  onChange(listener: (worker: Worker) => void): void;
  /** Asks the worker again which models and adapters it has; done when that is known. */
  refresh?(id: string): Promise<void>;
  /** A model that is known and has no worker, nor one that is about to come, on purpose. */
  sleeps?(model: string): boolean;
  /** Stops probing. */
  close(): Promise<void>;
}

export interface NamedModel {
  readonly model: string;
  readonly aliases: readonly string[];
}

/** A fleet whose workers may change while it runs. */
export interface ChangingFleet extends Fleet {
  /**
   * From now on these are the workers. One whose id is known stays as it is; the others of before drain: they end their
   * requests, serve new ones only while nothing else of their model can, and then leave. `named`: models that are known
   * although they may have no worker.
   */
  apply(specs: readonly WorkerSpec[], named?: readonly NamedModel[]): void;
}
