// The contract of the simulated engine's core: pure, clock-driven; the live server and the offline simulator both drive it.
import type { KvEvent } from "../vllm/index.ts";
import type { EngineRequest, TokenOutput } from "./sequence.ts";

export interface StepPlan {
  /** Milliseconds that the step takes on the modelled GPU. */
  readonly durationMs: number;
  /** New tokens in it, for `iteration_tokens_total`. */
  readonly tokens: number;
  /** Ids scheduled for the first time, for the queue-time metric. */
  readonly admitted?: readonly string[];
  /** Ids that lost their blocks in this scheduling and wait again. */
  readonly preempted?: readonly string[];
}

export interface EngineCore {
  /** Puts a request into the waiting queue. */
  add(request: EngineRequest, nowMs: number): void;
  /** Forgets a waiting or running request and frees its blocks (they stay cached). False when it is not there. */
  abort(id: string): boolean;
  /** Decides what the next step computes; undefined when there is nothing to do. At most one step is open. */
  schedule(nowMs: number): StepPlan | undefined;
  /** Ends the open step: its tokens, in scheduling order. */
  complete(nowMs: number): readonly TokenOutput[];
  /** KV events since the last call; empty unless events are on. */
  takeEvents(): readonly KvEvent[];
  /** Drops the prefix cache; false while blocks are in use. */
  resetPrefixCache(): boolean;
  stats(): EngineStats;
}

/** Counters only grow. */
export interface EngineStats {
  readonly running: number;
  readonly waiting: number;
  /** 0…1. */
  readonly kvUsage: number;
  readonly kvBlocks: number;
  readonly preemptions: number;
  /** Tokens, counted once at first scheduling. */
  readonly prefixQueries: number;
  readonly prefixHits: number;
}
