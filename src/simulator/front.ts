// The gateway of a simulation: what it believes of the workers, and its choices, which the shipped code makes.
import { type Random, seededRandom } from "../core/index.ts";
import type { HeldChanges, PromptContent } from "../engine/offline.ts";
import type { WorkerLoad } from "../fleet/offline.ts";
import {
  type CandidateParts,
  candidatesOf,
  predictionOf,
  type PromptIdentity,
  routeRequest,
} from "../gateway/offline.ts";
import type { StepCost } from "../model/index.ts";
import {
  choosePair,
  type ChosenPair,
  type Candidate,
  type PairDecision,
  type PairParts,
  type Policy,
  residuals,
  type RouteDecision,
  type RouteRequest,
} from "../routing/index.ts";
import { CONFIRM_WITHIN_MS, type ContentIndex, contentIndex } from "./content-index.ts";
import type { SimulatedRequest } from "./simulated-request.ts";
import type { SimulatedWorker } from "./simulated-worker.ts";

export interface FrontOptions {
  readonly workers: readonly SimulatedWorker[];
  readonly policy: Policy;
  readonly blockSize: number;
  readonly seed: string;
  readonly stalenessMs: number;
  /** Prefixes are known. */
  readonly index: boolean;
}

export interface Front {
  /** Chooses one of the workers and enters the request into its books. */
  route(request: SimulatedRequest, among: readonly SimulatedWorker[], nowMs: number): SimulatedWorker;
  /** What the gateway believes of the workers, before any choice. */
  look(request: SimulatedRequest, among: readonly SimulatedWorker[], nowMs: number): Looked;
  /** The same when the choice is made. */
  enter(request: SimulatedRequest, decision: RouteDecision, nowMs: number): SimulatedWorker;
  /** One worker or two; a pair is entered by `enterPair`. */
  pair(request: SimulatedRequest, pools: PairPools, nowMs: number): PairDecision;
  enterPair(leg: SimulatedRequest, chosen: ChosenPair, nowMs: number): void;
  events(worker: number, changes: HeldChanges, atMs: number): void;
  /** As the gateway does when a request is over. */
  learn(request: SimulatedRequest): void;
  /** The worker lost its cache. */
  forget(worker: number): void;
}

export interface Looked {
  readonly asked: RouteRequest;
  readonly candidates: readonly Candidate[];
}

export interface PairPools extends Pick<PairParts, "rule" | "fallback" | "link"> {
  readonly prefill: readonly SimulatedWorker[];
  readonly decode: readonly SimulatedWorker[];
  readonly whole: readonly SimulatedWorker[];
}

interface Late {
  readonly dueAt: number;
  readonly worker: number;
  readonly changes: HeldChanges;
}

const NO_WORDS = new Int32Array(0);

export function front({ workers, policy, blockSize, seed, stalenessMs, index: isKnown }: FrontOptions): Front {
  const random: Random = seededRandom(`${seed} routing`);
  const index = contentIndex({ workers: workers.length, blockSize, confirmWithinMs: CONFIRM_WITHIN_MS });
  const learned = residuals();
  let late: Late[] = [];
  let now = 0;
  const seenWorkers = workers.map((worker) => new SeenWorker(worker, index, () => worker.account(now)));

  /** Workers' events in the order in which they come; steps of different workers were made out of order. */
  function applyLate(nowMs: number): void {
    let kept = 0;
    for (const one of late) {
      if (one.dueAt <= nowMs) index.apply(one.worker, one.changes);
      else late[kept++] = one;
    }
    late.length = kept;
  }

  function catchUp(nowMs: number, what: "all" | "edges"): void {
    now = nowMs;
    for (const worker of workers) worker.account(nowMs, what);
    if (late.length > 0) applyLate(nowMs);
  }

  function identityOf({ tokens }: PromptContent): PromptIdentity {
    const hashes = { count: Math.floor(tokens / blockSize), blockSize, words: NO_WORDS };
    return { promptTokens: tokens, exact: true, hashes: isKnown ? hashes : undefined };
  }

  /** The candidates' side of a choice; `overlap` is of all workers. */
  function seen(
    among: readonly SimulatedWorker[],
    identity: PromptIdentity,
    overlap: Int32Array | undefined,
  ): CandidateParts {
    return {
      workers: among.map(({ worker }) => worker),
      identity,
      overlap: among === workers ? overlap : overlap && among.map(({ number }) => overlap[number] ?? 0),
      slowdown: (id) => learned.slowdown(id),
      heldBlocks: among.map(({ number }) => index.heldBlocks(number)),
    };
  }

  function predict(worker: SimulatedWorker, { content }: SimulatedRequest, nowMs: number): void {
    if (isKnown) index.predict(worker.number, content, nowMs);
  }

  function overlapOf({ content }: SimulatedRequest, nowMs: number): Int32Array | undefined {
    return isKnown ? index.overlap(content, nowMs) : undefined;
  }

  function enter(request: SimulatedRequest, decision: RouteDecision, nowMs: number): SimulatedWorker {
    const identity = identityOf(request.content);
    const chosen = named(workers, decision.chosen.id);
    const prediction = predictionOf({ decision, worker: chosen.worker }, identity);
    request.predictedTtftMs = prediction.ttftMs;
    request.predictedCached = prediction.cachedTokens;
    request.predictedSlowdown = prediction.slowdown;
    request.legSentAt = nowMs;
    const { promptTokens } = identity;
    request.entry = chosen.worker.ledger.begin({ promptTokens, cachedTokens: prediction.cachedTokens });
    predict(chosen, request, nowMs);
    return chosen;
  }

  return {
    route(request, among, nowMs) {
      catchUp(nowMs, policy.settles === true ? "edges" : "all");
      const depths = overlapOf(request, nowMs);
      for (const one of seenWorkers) one.overlapBlocks = depths?.[one.number] ?? 0;
      const candidates = among === workers ? seenWorkers : among.map(({ number }) => seenWorkers[number] ?? unknown());
      const asked = routeRequest(identityOf(request.content), () => request.session);
      return enter(request, policy.choose(asked, candidates, random), nowMs);
    },
    look(request, among, nowMs) {
      catchUp(nowMs, "all");
      const identity = identityOf(request.content);
      const candidates = candidatesOf(seen(among, identity, overlapOf(request, nowMs)));
      return { asked: routeRequest(identity, () => request.session), candidates };
    },
    enter,
    pair(request, { prefill, decode, whole, rule, fallback, link }, nowMs) {
      catchUp(nowMs, "all");
      const identity = identityOf(request.content);
      const overlap = overlapOf(request, nowMs);
      const of = (among: readonly SimulatedWorker[]): Candidate[] => candidatesOf(seen(among, identity, overlap));
      const asked = routeRequest(identity, () => request.session);
      const candidates = { prefill: of(prefill), decode: of(decode), whole: of(whole) };
      return choosePair({ request: asked, candidates, link, rule, policy, fallback, random });
    },
    enterPair(leg, chosen, nowMs) {
      const { owner } = leg;
      const prefill = named(workers, chosen.prefill.id);
      const decode = named(workers, chosen.decode.id);
      if (owner === undefined) throw new RangeError("a prefill leg belongs to a request");
      const { tokens } = leg.content;
      leg.entry = prefill.worker.ledger.begin({ promptTokens: tokens, cachedTokens: chosen.prefillCached });
      leg.predictedTtftMs = chosen.prefillTtftMs;
      leg.predictedCached = chosen.prefillCached;
      leg.predictedSlowdown = chosen.prefill.slowdown;
      leg.legSentAt = nowMs;
      // Nothing of the prompt is computed there.
      owner.entry = decode.worker.ledger.begin({ promptTokens: tokens, cachedTokens: tokens });
      owner.predictedTtftMs = undefined;
      owner.predictedCached = chosen.prefillCached;
      predict(prefill, leg, nowMs);
      predict(decode, owner, nowMs);
    },
    events(worker, changes, atMs) {
      if (stalenessMs === 0) index.apply(worker, changes);
      else late.push({ dueAt: atMs + stalenessMs, worker, changes: copyOf(changes) });
    },
    learn({ worker, predictedTtftMs, predictedCached, predictedSlowdown, firstTokenAt, legSentAt, content }) {
      if (predictedTtftMs === undefined || firstTokenAt === undefined) return;
      const { id = "" } = workers[worker]?.worker ?? {};
      learned.ttft(id, {
        predictedMs: predictedTtftMs,
        slowdown: predictedSlowdown,
        observedMs: firstTokenAt - legSentAt,
        tokens: content.tokens - predictedCached,
      });
      const seenWorker = seenWorkers[worker];
      if (seenWorker !== undefined) seenWorker.slowdown = learned.slowdown(id);
    },
    forget(worker) {
      late = late.filter((one) => one.worker !== worker);
      index.forget(worker);
    },
  };
}

/** A candidate that lasts: with a thousand workers, making them anew costs more than the choice. */
class SeenWorker implements Candidate {
  readonly id: string;
  readonly number: number;
  readonly load: WorkerLoad;
  readonly blockSize: number;
  readonly kvBlocks: number | undefined;
  readonly maxSequences: number | undefined;
  readonly cost: StepCost;
  readonly settle: () => void;
  overlapBlocks = 0;
  slowdown = 1;
  readonly #index: ContentIndex;

  constructor({ worker, number, profile }: SimulatedWorker, index: ContentIndex, settle: () => void) {
    this.id = worker.id;
    this.number = number;
    this.load = worker.ledger.load;
    this.blockSize = profile.limits.blockSize;
    this.kvBlocks = profile.limits.kvBlocks;
    this.maxSequences = worker.maxSequences;
    this.cost = worker.cost;
    this.settle = settle;
    this.#index = index;
  }

  get heldBlocks(): number {
    return this.#index.heldBlocks(this.number);
  }
}

export function named(workers: readonly SimulatedWorker[], id: string): SimulatedWorker {
  const found = workers.find(({ worker }) => worker.id === id);
  if (found === undefined) throw new RangeError(`there is no worker ${id}`);
  return found;
}

function unknown(): never {
  throw new RangeError("a worker that the simulation does not have");
}

function copyOf({ count, pairs }: HeldChanges): HeldChanges {
  return { count, pairs: pairs.slice(0, 2 * count) };
}
