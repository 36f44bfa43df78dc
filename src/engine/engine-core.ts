// The contract of the simulated engine's core: pure, clock-driven; the live server and the offline simulator both drive it.
import type { KvEvent } from "../vllm/index.ts";
import type { TransferStats } from "./core/kv-transfer.ts";
import type { HeldChanges } from "./core/unit-copies.ts";
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
  /** The blocks of this ended prefill leg are kept for another engine. */
  readonly holds: (id: string) => boolean;
  /** Their ids; empty when none are kept. */
  readonly heldBlocks: (id: string) => readonly number[];
  /** They were pulled, or are no longer wanted; false when they are not kept. */
  readonly releaseHeld: (id: string) => boolean;
  /** They are kept until then; false when they are not kept. */
  readonly renewHeld: (id: string, expiresAt: number) => boolean;
  /** When `schedule` may find something to do though nothing is added: a transfer or a lease ends. Infinity for never. */
  readonly wakeAt: () => number;
  /** Requests that failed without a step since the last call: their prompt did not come. */
  readonly takeFailed: () => readonly string[];
  readonly transfers: () => TransferStats;
}

/** Counters only grow. */
export interface EngineStats {
  readonly running: number;
  readonly waiting: number;
  /** Of them: not for want of room, but of a place for their adapter, or for a prompt that is on its way. */
  readonly deferred?: number;
  /** 0…1. */
  readonly kvUsage: number;
  readonly kvBlocks: number;
  readonly preemptions: number;
  /** Tokens, counted once at first scheduling. */
  readonly prefixQueries: number;
  readonly prefixHits: number;
}

/** What a driver without clients hears of a step, instead of a list of tokens. */
export interface StepSink {
  /** The first output token of a request; `cachedTokens` as in `TokenOutput`. */
  firstToken(request: EngineRequest, cachedTokens: number): void;
  /** The last output token. */
  ended(request: EngineRequest): void;
  /** A step ended in which `tokens` output tokens were made. */
  stepped(durationMs: number, tokens: number, endedAt: number): void;
}

/** A core for the offline simulator: the same decisions without an object per token. */
export interface OfflineCore extends EngineCore {
  /** Like `complete`. */
  completeInto(sink: StepSink, nowMs: number): void;
  /**
   * Schedules from `startMs` on and completes every step that ends by `untilMs` as long as all sequences do nothing but
   * decode and none ends: what that many calls of `schedule` and `complete` would do. The last step stays open.
   * Undefined when the next step is not of that kind; nothing has happened then.
   */
  runDecodes(startMs: number, untilMs: number, sink: StepSink): OpenStep | undefined;
  /** After the open step all sequences will do nothing but decode, and none will end, for so long: at least, and without noise. */
  decodesForMs(): number;
  /** Output tokens of a request that is waiting or running. */
  generated(id: string): number;
  /** With prompts whose content is given by units: what changed in the prefix cache. Valid until the next call. */
  takeHeld(): HeldChanges;
}

export interface OpenStep {
  readonly startedAt: number;
  /** Undefined when no step is open. */
  readonly durationMs: number | undefined;
}
