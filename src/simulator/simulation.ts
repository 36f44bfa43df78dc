// The event loop: arrivals, steps and KV events on a virtual clock, around the gateway's own decisions.
import { seededRandom } from "../core/index.ts";
import type { HeldChanges } from "../engine/index.ts";
import { choose, predictionOf, type PromptIdentity } from "../gateway/index.ts";
import type { EngineProfile } from "../model/index.ts";
import { type Policy, residuals } from "../routing/index.ts";
import type { ArrivalSource } from "./arrivals-source.ts";
import { CONFIRM_WITHIN_MS, contentIndex } from "./content-index.ts";
import { SimulatedRequest } from "./simulated-request.ts";
import { SimulatedWorker } from "./simulated-worker.ts";
import { weightedSamples, type WeightedSamples } from "./weighted-samples.ts";

export interface SimulationOptions {
  /** One per worker; they may differ, but for the block size. */
  readonly profiles: readonly EngineProfile[];
  readonly policy: Policy;
  readonly arrivals: ArrivalSource;
  readonly seed: string;
  /** σ of the logarithm of step times; no policy knows it. Default 0. */
  readonly noise?: number;
  /** How late the gateway learns of tokens and KV events. Default 0. */
  readonly stalenessMs?: number;
  /** Without it, prefixes are unknown to the gateway. Default true. */
  readonly index?: boolean;
  /** Called now and then with the simulated time and the requests that have come; true ends the run early. */
  readonly progress?: (atMs: number, requests: number) => boolean;
}

/** What happened; times in ms from the start. */
export interface SimulationRun {
  readonly requests: readonly SimulatedRequest[];
  readonly workers: readonly SimulatedWorker[];
  /** Gaps between tokens. */
  readonly gaps: WeightedSamples;
  readonly endedAt: number;
  readonly interrupted: boolean;
}

const NO_WORDS = new Int32Array(0);
const PROGRESS_EVERY = 512;

export function simulate(options: SimulationOptions): SimulationRun {
  const { profiles, policy, arrivals, seed, noise = 0, stalenessMs = 0 } = options;
  const blockSize = profiles[0]?.limits.blockSize ?? 16;
  const random = seededRandom(`${seed} routing`);
  const index = contentIndex({ workers: profiles.length, blockSize, confirmWithinMs: CONFIRM_WITHIN_MS });
  const learned = residuals();
  const gaps = weightedSamples();
  const requests: SimulatedRequest[] = [];
  const late: { readonly dueAt: number; readonly worker: number; readonly changes: HeldChanges }[] = [];
  let endedAt = 0;
  let interrupted = false;

  const hooks = {
    events(worker: number, changes: HeldChanges, atMs: number): void {
      if (stalenessMs === 0) index.apply(worker, changes);
      else late.push({ dueAt: atMs + stalenessMs, worker, changes: copyOf(changes) });
    },
    stepped: (durationMs: number, tokens: number) => gaps.add(durationMs, tokens),
    ended(request: SimulatedRequest): void {
      endedAt = Math.max(endedAt, request.lastTokenAt ?? 0);
      if (!arrivals.isClosed) return;
      arrivals.ended(request.lastTokenAt ?? 0);
      workers[request.worker]?.stopAt(arrivals.nextAt);
    },
    closed: learn,
  };
  const workers = profiles.map(
    (profile, number) => new SimulatedWorker({ number, profile, noise, seed, stalenessMs, hooks }),
  );
  const faces = workers.map(({ worker }) => worker);

  /** As the gateway does when a request is over. */
  function learn(request: SimulatedRequest): void {
    const { worker, predictedTtftMs, predictedCached, predictedSlowdown, firstTokenAt, legSentAt, content } = request;
    if (predictedTtftMs === undefined || firstTokenAt === undefined) return;
    learned.ttft(faces[worker]?.id ?? "", {
      predictedMs: predictedTtftMs,
      slowdown: predictedSlowdown,
      observedMs: firstTokenAt - legSentAt,
      tokens: content.tokens - predictedCached,
    });
  }

  /** Workers' events in the order in which they come; steps of different workers were made out of order. */
  function applyLate(nowMs: number): void {
    let kept = 0;
    for (const one of late) {
      if (one.dueAt <= nowMs) index.apply(one.worker, one.changes);
      else late[kept++] = one;
    }
    late.length = kept;
  }

  function route(request: SimulatedRequest, nowMs: number): SimulatedWorker {
    for (const worker of workers) worker.account(nowMs);
    if (late.length > 0) applyLate(nowMs);
    const { content } = request;
    const hashes = { count: Math.floor(content.tokens / blockSize), blockSize, words: NO_WORDS };
    const identity: PromptIdentity = {
      promptTokens: content.tokens,
      exact: true,
      hashes: options.index === false ? undefined : hashes,
    };
    const overlap = options.index === false ? undefined : index.overlap(content, nowMs);
    const session = (): string | undefined => request.session;
    const heldBlocks = faces.map((_, number) => index.heldBlocks(number));
    const choice = choose({
      policy,
      workers: faces,
      identity,
      session,
      overlap,
      slowdown: (id) => learned.slowdown(id),
      heldBlocks,
      random,
    });
    const prediction = predictionOf(choice, identity);
    request.predictedTtftMs = prediction.ttftMs;
    request.predictedCached = prediction.cachedTokens;
    request.predictedSlowdown = prediction.slowdown;
    request.legSentAt = nowMs;
    request.entry = choice.worker.ledger.begin({
      promptTokens: content.tokens,
      cachedTokens: prediction.cachedTokens,
    });
    const chosen = workers[faces.indexOf(choice.worker)];
    if (chosen === undefined) throw new RangeError("the policy chose no worker");
    if (options.index !== false) index.predict(chosen.number, content, nowMs);
    return chosen;
  }

  function arrive(): void {
    const atMs = arrivals.nextAt;
    const request = new SimulatedRequest(`r${requests.length}`, arrivals.take(), atMs);
    requests.push(request);
    const worker = route(request, atMs);
    const { tokens } = request.content;
    const idle = { cached: 0, uncached: tokens, decodeSequences: 0, decodeContext: 0 };
    request.unloadedTtftMs = worker.cost.prefillMs(idle) + worker.cost.overheadMs(tokens);
    worker.add(request, atMs);
    if (requests.length % PROGRESS_EVERY === 0) interrupted = options.progress?.(atMs, requests.length) ?? false;
  }

  /** Open loop: nothing that the workers do brings arrivals, so each may run up to the next one. */
  function runOpen(): void {
    while (!interrupted && arrivals.nextAt < Number.POSITIVE_INFINITY) {
      const atMs = arrivals.nextAt;
      for (const worker of workers) worker.advance(atMs);
      while (arrivals.nextAt === atMs) arrive();
    }
    if (!interrupted) for (const worker of workers) worker.advance(Number.MAX_VALUE);
  }

  /** Closed loop: the worker that is due first may run until another one is, for that one may bring an arrival. */
  function runClosed(): void {
    while (!interrupted) {
      const { first, secondAt } = earliest(workers);
      const nextAt = arrivals.nextAt;
      if (first === undefined || nextAt < first.dueAt || (nextAt === first.dueAt && !first.isOpen)) {
        if (nextAt === Number.POSITIVE_INFINITY) return;
        arrive();
      } else first.advance(Math.min(nextAt, Math.max(secondAt, nextAfter(first.dueAt))));
    }
  }

  if (arrivals.isClosed) runClosed();
  else runOpen();
  return { requests, workers, gaps, endedAt, interrupted };
}

function earliest(workers: readonly SimulatedWorker[]): {
  readonly first: SimulatedWorker | undefined;
  readonly secondAt: number;
} {
  let first: SimulatedWorker | undefined;
  let firstAt = Number.POSITIVE_INFINITY;
  let secondAt = Number.MAX_VALUE;
  for (const worker of workers) {
    if (worker.dueAt < firstAt) {
      secondAt = Math.min(secondAt, firstAt);
      first = worker;
      firstAt = worker.dueAt;
    } else secondAt = Math.min(secondAt, worker.dueAt);
  }
  return { first, secondAt };
}

/** A little later: a step may start only before the end of the time that is asked for. */
function nextAfter(at: number): number {
  return at + Math.max(1e-9, at * 1e-12);
}

function copyOf({ count, pairs }: HeldChanges): HeldChanges {
  return { count, pairs: pairs.slice(0, 2 * count) };
}
