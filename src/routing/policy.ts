// What a routing policy is: a pure choice of one worker among candidates.
import type { Random } from "../core/index.ts";
import type { WorkerLoad } from "../fleet/index.ts";
import type { StepCost } from "../model/index.ts";

/** What is known of a request when it is routed. Output length is never known. */
export interface RouteRequest {
  /** Prompt length in tokens; an estimate when `exactTokens` is false. */
  readonly promptTokens: number;
  readonly exactTokens: boolean;
  /** Full KV blocks of the prompt at the workers' block size; 0 without prefix identity. */
  readonly promptBlocks: number;
  /** Same session → same key; undefined when the request names none. */
  readonly session: string | undefined;
  /** What it is promised; undefined = nothing. */
  readonly promised?: Promised | undefined;
  /** By the clock that `load.answers` are told by; without it answers are only told by their length. */
  readonly nowMs?: number | undefined;
}

/** Of one request: its tenant's objectives, or the deployment's. */
export interface Promised {
  /** Until its first token. */
  readonly ttftMs?: number | undefined;
  /** Mean gap between its tokens. */
  readonly itlMs?: number | undefined;
}

/** One worker that may be chosen, as seen at decision time. */
export interface Candidate {
  readonly id: string;
  readonly load: WorkerLoad;
  /** Full blocks of this request's prompt that this worker is believed to hold, from the front. */
  readonly overlapBlocks: number;
  readonly blockSize: number;
  /** KV capacity in blocks; undefined when the worker does not tell. */
  readonly kvBlocks: number | undefined;
  readonly maxSequences: number | undefined;
  /** Blocks of any prompt that this worker is believed to hold; without it nothing is thought to be evicted. */
  readonly heldBlocks?: number | undefined;
  /** Share of the KV capacity in use by the last scrape, 0…1. */
  readonly kvUsage?: number | undefined;
  /** Step-time model of this worker's GPUs and model. */
  readonly cost: StepCost;
  /** Measured ÷ predicted time of this worker, 0.5…2; 1 when unknown. */
  readonly slowdown: number;
  /** The tightest mean gap that is promised to a request there; undefined = none is. */
  readonly promisedItlMs?: number | undefined;
  /**
   * Until it is called, `load` may lack tokens that answers have got since, but no request that began or ended; `overlapBlocks` may be
   * too high, and `heldBlocks` by one block for each request.
   */
  readonly settle?: (() => void) | undefined;
}

export interface RouteScore {
  readonly worker: string;
  /** The policy's own figure; lower wins. */
  readonly cost: number;
  readonly cachedTokens: number;
  /** Predicted time to first token in ms; undefined for policies that do not predict. */
  readonly ttftMs: number | undefined;
}

export interface RouteDecision {
  readonly chosen: Candidate;
  readonly policy: string;
  /** Why, in a few words for the receipt: `lowest cost`, `tie, two random choices`, `next in turn`. */
  readonly reason: string;
  /** Score of the chosen one first, runners-up by rising cost; at most 4. */
  readonly scores: readonly RouteScore[];
}

export interface Policy {
  readonly name: string;
  /** It calls `settle` of every candidate that it relies on, before it chooses; others are given settled ones. */
  readonly settles?: boolean;
  /** `candidates` is not empty. Pure but for `random` and the policy's own turn counter. */
  choose(request: RouteRequest, candidates: readonly Candidate[], random: Random): RouteDecision;
}
