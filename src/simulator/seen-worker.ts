// A worker of a simulation as its gateway sees it: late, and brought up to date when somebody looks.
import type { HeldChanges, PromptContent } from "../engine/offline.ts";
import type { LoadLedger, WorkerLoad } from "../fleet/offline.ts";
import type { StepCost } from "../model/index.ts";
import type { Candidate } from "../routing/index.ts";
import type { ContentIndex } from "./content-index.ts";
import type { SimulatedWorker } from "./simulated-worker.ts";

/** What all workers of one gateway share. */
export interface Sight {
  readonly index: ContentIndex;
  readonly stalenessMs: number;
  /** Workers run only when somebody looks at them, or when something of them shows. */
  readonly lazy: boolean;
  /** Leading blocks of the present prompt that each worker holds. */
  overlap: Int32Array;
  content: PromptContent | undefined;
  nowMs: number;
}

/** Just before, whatever rounding does. */
const BEFORE = 1 - 1e-12;

/** A candidate that lasts: with a thousand workers, making them anew costs more than the choice. */
export class SeenWorker implements Candidate {
  readonly id: string;
  readonly number: number;
  readonly load: WorkerLoad;
  readonly blockSize: number;
  readonly kvBlocks: number | undefined;
  readonly maxSequences: number | undefined;
  readonly cost: StepCost;
  readonly settle: () => void;
  slowdown = 1;
  readonly simulated: SimulatedWorker;
  readonly #sight: Sight;
  /** KV events that the gateway has not got yet, one after the other: when it will, unit, blocks. */
  #late: number[] = [];
  #heard = 0;

  constructor(simulated: SimulatedWorker, sight: Sight, ledger: LoadLedger) {
    const { worker, number, profile, cost } = simulated;
    this.id = worker.id;
    this.number = number;
    // The total costs a call a figure, and without other gateways it is the same.
    this.load = ledger === worker.ledger ? ledger.load : ledger.total;
    this.blockSize = profile.limits.blockSize;
    this.kvBlocks = profile.limits.kvBlocks;
    this.maxSequences = worker.maxSequences;
    this.cost = cost;
    this.simulated = simulated;
    this.#sight = sight;
    this.settle = () => this.#settle();
  }

  get overlapBlocks(): number {
    return this.#sight.overlap[this.number] ?? 0;
  }

  get heldBlocks(): number {
    return this.#sight.index.heldBlocks(this.number);
  }

  /** What has happened up to now, as far as the gateway knows of it by now. */
  catchUp(what: "all" | "edges"): void {
    const { nowMs, lazy } = this.#sight;
    if (lazy) this.simulated.advance(nowMs);
    this.simulated.account(nowMs, what);
    if ((this.#late[this.#heard] ?? Number.POSITIVE_INFINITY) <= nowMs) this.#hear(nowMs);
  }

  /** Until then `catchUp` would change nothing but tokens amid answers and blocks of theirs. */
  get nextAt(): number {
    const { quietUntil, edgeAt } = this.simulated;
    const heardAt = this.#late[this.#heard] ?? Number.POSITIVE_INFINITY;
    return BEFORE * Math.min(quietUntil, edgeAt + this.#sight.stalenessMs, heardAt);
  }

  /** A step has ended at `atMs`. */
  events({ count, pairs }: HeldChanges, atMs: number): void {
    const dueAt = atMs + this.#sight.stalenessMs;
    for (let i = 0; i < 2 * count; i += 2) this.#late.push(dueAt, pairs[i] ?? 0, pairs[i + 1] ?? 0);
  }

  /** The worker lost its cache. */
  forget(): void {
    this.#late.length = 0;
    this.#heard = 0;
    this.#sight.index.forget(this.number);
  }

  #settle(): void {
    const { content, overlap, index } = this.#sight;
    const before = index.changes(this.number);
    this.catchUp("all");
    if (content !== undefined && index.changes(this.number) !== before)
      overlap[this.number] = index.overlapOf(this.number, content);
  }

  #hear(nowMs: number): void {
    const late = this.#late;
    let at = this.#heard;
    for (; (late[at] ?? Number.POSITIVE_INFINITY) <= nowMs; at += 3) {
      this.#sight.index.set(this.number, late[at + 1] ?? 0, late[at + 2] ?? 0);
    }
    this.#heard = at;
    if (at < late.length && at < MOST_HEARD) return;
    this.#late = late.slice(at);
    this.#heard = 0;
  }
}

/** What was heard is thrown away from here on. */
const MOST_HEARD = 3 * 256;
