// Candidates for a request and the policy's choice among them. Pure: the simulator calls the same.
import type { Random } from "../core/index.ts";
import type { Worker } from "../fleet/index.ts";
import type { Candidate, Policy, Promised, RouteDecision, RouteRequest } from "../routing/index.ts";
import type { PromptIdentity } from "./prompt-identity.ts";

export interface Choice {
  readonly decision: RouteDecision;
  readonly worker: Worker;
}

export interface ChooseParts {
  readonly policy: Policy;
  /** Not empty. */
  readonly workers: readonly Worker[];
  readonly identity: PromptIdentity;
  /** Called when the policy asks for it. */
  readonly session: () => string | undefined;
  /** To the request. */
  readonly promised?: Promised | undefined;
  /** By the clock that the ledgers' answers are told by. */
  readonly nowMs: number;
  /** To those that are at a worker: the tightest mean gap. */
  readonly promisedItlMs?: ((worker: string) => number | undefined) | undefined;
  /** Leading blocks held, in the order of `workers`; undefined = none known. */
  readonly overlap: ArrayLike<number> | undefined;
  readonly slowdown: (worker: string) => number;
  /** Blocks of any prompt that each is believed to hold, in the order of `workers`; without it nothing is thought to be evicted. */
  readonly heldBlocks?: ArrayLike<number> | undefined;
  readonly random: Random;
}

export type CandidateParts = Pick<
  ChooseParts,
  "workers" | "identity" | "overlap" | "slowdown" | "heldBlocks" | "promisedItlMs"
>;

/** vLLM's default; stands in until a worker has told its own. */
export const DEFAULT_BLOCK_SIZE = 16;

export function choose(parts: ChooseParts): Choice {
  const { policy, workers, identity, random } = parts;
  const decision = policy.choose(routeRequest(identity, parts), candidatesOf(parts), random);
  const worker = workers.find((one) => one.id === decision.chosen.id) ?? workers[0];
  if (worker === undefined) throw new Error("choose was called without workers");
  return { decision, worker };
}

/** What the policies see of the request. */
export function routeRequest(identity: PromptIdentity, about: AboutRequest): RouteRequest {
  return new Asked(identity, about);
}

export type AboutRequest = Pick<ChooseParts, "session" | "promised"> & Partial<Pick<ChooseParts, "nowMs">>;

/**
 * A class, since an object literal with a getter gets a hidden class of its own each time, which keeps the request alive
 * until the next full collection.
 */
class Asked implements RouteRequest {
  readonly promptTokens: number;
  readonly exactTokens: boolean;
  readonly promptBlocks: number;
  readonly promised: Promised | undefined;
  readonly nowMs: number | undefined;
  readonly #session: () => string | undefined;

  constructor({ promptTokens, exact, hashes }: PromptIdentity, { session, promised, nowMs }: AboutRequest) {
    this.promptTokens = promptTokens;
    this.exactTokens = exact;
    this.promptBlocks = hashes?.count ?? 0;
    this.promised = promised;
    this.nowMs = nowMs;
    this.#session = session;
  }

  get session(): string | undefined {
    return this.#session();
  }
}

/** What the policies see of the workers. */
export function candidatesOf(parts: CandidateParts): Candidate[] {
  const { workers, identity, overlap, slowdown, heldBlocks, promisedItlMs } = parts;
  const hashed = identity.hashes?.blockSize;
  return workers.map((worker, i) => {
    const blockSize = worker.facts.blockSize ?? hashed ?? DEFAULT_BLOCK_SIZE;
    return {
      id: worker.id,
      load: worker.ledger.total,
      // Hashes of another block size say nothing about this worker.
      overlapBlocks: blockSize === hashed ? (overlap?.[i] ?? 0) : 0,
      blockSize,
      kvBlocks: worker.facts.kvBlocks,
      maxSequences: worker.maxSequences,
      heldBlocks: heldBlocks?.[i],
      kvUsage: worker.gauges?.kvUsage,
      cost: worker.cost,
      slowdown: slowdown(worker.id),
      promisedItlMs: promisedItlMs?.(worker.id),
    };
  });
}

/** What the ledger and the receipt believe of the chosen worker. */
export interface Prediction {
  readonly cachedTokens: number;
  /** Undefined for policies that do not predict. */
  readonly ttftMs: number | undefined;
  /** The correction that is in it. */
  readonly slowdown: number;
  /** False without prefix identity: the 0 means nothing. */
  readonly known: boolean;
}

/** The last prompt token is always computed, so a prompt that is wholly cached still has one block to do. */
export function predictionOf({ decision, worker }: Choice, identity: PromptIdentity): Prediction {
  const { chosen, scores } = decision;
  const cached = Math.min(
    chosen.overlapBlocks * chosen.blockSize,
    wholeBlocksBelow(identity.promptTokens, chosen.blockSize),
  );
  const ttftMs = scores.find((score) => score.worker === worker.id)?.ttftMs;
  return { cachedTokens: Math.max(0, cached), ttftMs, slowdown: chosen.slowdown, known: identity.hashes !== undefined };
}

function wholeBlocksBelow(promptTokens: number, blockSize: number): number {
  return Math.floor((promptTokens - 1) / blockSize) * blockSize;
}
