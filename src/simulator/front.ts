// The gateway of a simulation: what it believes of the workers, and its choices, which the shipped code makes.
import { type Random, seededRandom } from "../core/index.ts";
import type { HeldChanges, PromptContent } from "../engine/offline.ts";
import {
  type AboutRequest,
  type CandidateParts,
  candidatesOf,
  predictionOf,
  type PromptIdentity,
  routeRequest,
} from "../gateway/offline.ts";
import type { LoadLedger } from "../fleet/offline.ts";
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
import { CONFIRM_WITHIN_MS, contentIndex } from "./content-index.ts";
import { SeenWorker, type Sight } from "./seen-worker.ts";
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
  /** Nobody else drives the workers: they run when `route` looks at them. Only for policies that settle. */
  readonly lazy?: boolean;
  /** One per worker, where several gateways each keep their own; `total` counts. Default the workers' own. */
  readonly ledgers?: readonly LoadLedger[] | undefined;
}

export interface Front {
  /** It runs the workers itself. */
  readonly drives: boolean;
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

const NO_WORDS = new Int32Array(0);

export function front({
  workers,
  policy,
  blockSize,
  seed,
  stalenessMs,
  index: isKnown,
  lazy = false,
  ledgers = workers.map(({ worker }) => worker.ledger),
}: FrontOptions): Front {
  const random: Random = seededRandom(`${seed} routing`);
  const index = contentIndex({ workers: workers.length, blockSize, confirmWithinMs: CONFIRM_WITHIN_MS });
  const learned = residuals();
  const sight: Sight = {
    index,
    stalenessMs,
    lazy: lazy && policy.settles === true,
    overlap: new Int32Array(workers.length),
    content: undefined,
    nowMs: 0,
  };
  /** As this gateway knows them. */
  const faces = workers.map((one) => ({ ...one.worker, ledger: ledgerOf(one) }));
  const seenWorkers = workers.map((worker) => new SeenWorker(worker, sight, ledgerOf(worker)));
  const byId = new Map(workers.map((one) => [one.worker.id, one]));
  /** When each has to be looked at again, whoever asks. */
  const nextAt = new Float64Array(workers.length);

  function workerOf({ id }: { readonly id: string }): SimulatedWorker {
    return byId.get(id) ?? unknown();
  }

  function ledgerOf({ number, worker }: SimulatedWorker): LoadLedger {
    return ledgers[number] ?? worker.ledger;
  }

  function catchUp(nowMs: number, what: "all" | "edges"): void {
    sight.nowMs = nowMs;
    if (!sight.lazy) {
      for (const one of seenWorkers) one.catchUp(what);
      return;
    }
    for (let i = 0; i < nextAt.length; i++) {
      if ((nextAt[i] ?? 0) > nowMs) continue;
      const one = seenWorkers[i];
      one?.catchUp("edges");
      nextAt[i] = one?.nextAt ?? 0;
    }
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
      workers: among.map(({ number, worker }) => faces[number] ?? worker),
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
    const chosen = workerOf(decision.chosen);
    const prediction = predictionOf({ decision, worker: chosen.worker }, identity);
    request.predictedTtftMs = prediction.ttftMs;
    request.predictedCached = prediction.cachedTokens;
    request.predictedSlowdown = prediction.slowdown;
    request.legSentAt = nowMs;
    const { promptTokens } = identity;
    request.entry = ledgerOf(chosen).begin({ promptTokens, cachedTokens: prediction.cachedTokens });
    predict(chosen, request, nowMs);
    nextAt[chosen.number] = 0;
    return chosen;
  }

  return {
    drives: sight.lazy,
    route(request, among, nowMs) {
      catchUp(nowMs, policy.settles === true ? "edges" : "all");
      sight.content = isKnown ? request.content : undefined;
      sight.overlap = overlapOf(request, nowMs) ?? sight.overlap;
      const candidates = among === workers ? seenWorkers : among.map(({ number }) => seenWorkers[number] ?? unknown());
      const asked = routeRequest(identityOf(request.content), aboutOf(request, nowMs));
      return enter(request, policy.choose(asked, candidates, random), nowMs);
    },
    look(request, among, nowMs) {
      catchUp(nowMs, "all");
      const identity = identityOf(request.content);
      const candidates = candidatesOf(seen(among, identity, overlapOf(request, nowMs)));
      return { asked: routeRequest(identity, aboutOf(request, nowMs)), candidates };
    },
    enter,
    pair(request, { prefill, decode, whole, rule, fallback, link }, nowMs) {
      catchUp(nowMs, "all");
      const identity = identityOf(request.content);
      const overlap = overlapOf(request, nowMs);
      const of = (among: readonly SimulatedWorker[]): Candidate[] => candidatesOf(seen(among, identity, overlap));
      const asked = routeRequest(identity, aboutOf(request, nowMs));
      const candidates = { prefill: of(prefill), decode: of(decode), whole: of(whole) };
      return choosePair({ request: asked, candidates, link, rule, policy, fallback, random });
    },
    enterPair(leg, chosen, nowMs) {
      const { owner } = leg;
      const prefill = workerOf(chosen.prefill);
      const decode = workerOf(chosen.decode);
      if (owner === undefined) throw new RangeError("a prefill leg belongs to a request");
      const { tokens } = leg.content;
      leg.entry = ledgerOf(prefill).begin({ promptTokens: tokens, cachedTokens: chosen.prefillCached });
      leg.predictedTtftMs = chosen.prefillTtftMs;
      leg.predictedCached = chosen.prefillCached;
      leg.predictedSlowdown = chosen.prefill.slowdown;
      leg.legSentAt = nowMs;
      // Nothing of the prompt is computed there.
      owner.entry = ledgerOf(decode).begin({ promptTokens: tokens, cachedTokens: tokens });
      owner.predictedTtftMs = undefined;
      owner.predictedCached = chosen.prefillCached;
      predict(prefill, leg, nowMs);
      predict(decode, owner, nowMs);
    },
    events(worker, changes, atMs) {
      if (stalenessMs === 0) index.apply(worker, changes);
      else seenWorkers[worker]?.events(changes, atMs);
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
    forget: (worker) => seenWorkers[worker]?.forget(),
  };
}

function aboutOf(request: SimulatedRequest, nowMs: number): AboutRequest {
  return { session: () => request.session, nowMs };
}

function unknown(): never {
  throw new RangeError("a worker that the simulation does not have");
}
