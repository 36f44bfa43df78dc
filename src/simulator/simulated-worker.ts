// One simulated worker: the engine's core driven on virtual time, and the gateway's books about it.
import {
  engineCore,
  type EngineCoreOptions,
  leastNoise,
  type OfflineCore,
  type StepSink,
  type TransferStats,
} from "../engine/offline.ts";
import type { Role, Worker } from "../fleet/offline.ts";
import type { EngineProfile, StepCost } from "../model/index.ts";
import type { SimulatedRequest } from "./simulated-request.ts";
import { sharedCost, workerFace, workerNoise } from "./worker-face.ts";
import type { WorkerHooks, WorkerTotals } from "./worker-hooks.ts";

export interface SimulatedWorkerOptions {
  readonly number: number;
  readonly profile: EngineProfile;
  /** σ of the logarithm of step times. */
  readonly noise: number;
  readonly seed: string;
  /** How late the gateway learns of tokens and KV events. */
  readonly stalenessMs: number;
  /** Default both, of a fleet without pairs. */
  readonly role?: Role | undefined;
  readonly engine?: Pick<EngineCoreOptions, "kvRole" | "loadFailure"> | undefined;
  readonly hooks: WorkerHooks;
}

/** A class, because its fields are read for every request by every policy. */
export class SimulatedWorker implements StepSink {
  readonly number: number;
  readonly worker: Worker;
  readonly cost: StepCost;
  readonly totals: WorkerTotals = {
    requests: 0,
    promptTokens: 0,
    cachedTokens: 0,
    outputTokens: 0,
    busyMs: 0,
    steps: 0,
  };
  /** When the next thing happens here: a step ends, or one may start. Infinity when idle. */
  dueAt = Number.POSITIVE_INFINITY;

  readonly #options: SimulatedWorkerOptions;
  core: OfflineCore;
  /** False while it has failed or starts. */
  isUp = true;
  /** What the gateway believes of it. */
  isSeenUp = true;
  /** Counts its lives. */
  life = 0;
  /** A step is running. */
  isOpen = false;
  /** Requests whose end the gateway has not seen. */
  readonly #live: SimulatedRequest[] = [];
  /** Ends of the last steps, a ring. */
  readonly #ends = new Float64Array(RING);
  /** Nothing of the ledger changes before the gateway has seen this time: no token, and no first or last one. */
  #tokenAt = Number.POSITIVE_INFINITY;
  #edgeAt = Number.POSITIVE_INFINITY;
  readonly #leastDelayMs: number;
  #steps = 0;
  /** First tokens of the step that ends. */
  #firsts = 0;
  readonly #noise: () => number;
  readonly #leastNoise: number;
  /** Of earlier lives. */
  #lostPreemptions = 0;
  #lostTransfers: TransferStats | undefined;
  /** How far `advance` may go. */
  #limit = 0;

  constructor(options: SimulatedWorkerOptions) {
    this.#options = options;
    this.number = options.number;
    this.cost = sharedCost(options.profile);
    this.#leastDelayMs = this.cost.overheadMs(0);
    this.#noise = workerNoise(options.seed, options.number, options.noise);
    this.#leastNoise = leastNoise(options.noise);
    this.core = this.#newCore();
    this.worker = workerFace(options, this.cost);
  }

  #newCore(): OfflineCore {
    const { profile, engine } = this.#options;
    return engineCore({ ...profile.limits, ...engine, cost: this.cost, runs: true, noise: this.#noise });
  }

  get preemptions(): number {
    return this.#lostPreemptions + this.core.stats().preemptions;
  }

  /** Of all its lives. */
  get transfers(): TransferStats {
    const now = this.core.transfers();
    const lost = this.#lostTransfers;
    if (lost === undefined) return now;
    return {
      ...now,
      expired: lost.expired + now.expired,
      loadedTokens: lost.loadedTokens + now.loadedTokens,
      failedLoads: lost.failedLoads + now.failedLoads,
    };
  }

  get profile(): EngineProfile {
    return this.#options.profile;
  }

  get role(): Role {
    return this.#options.role ?? "both";
  }

  add(request: SimulatedRequest, nowMs: number): void {
    request.worker = this.number;
    request.delayMs = this.cost.overheadMs(request.content.tokens);
    this.core.add(request, nowMs);
    this.#live.push(request);
    this.totals.requests++;
    this.wake(nowMs);
  }

  /** Before it nothing happens here, if nothing comes, but that answers get tokens and blocks for them. */
  get quietUntil(): number {
    return this.isOpen ? this.dueAt + this.#leastNoise * this.core.decodesForMs() : this.dueAt;
  }

  /** The gateway's books change when it has seen this time, but for tokens amid answers. */
  get edgeAt(): number {
    return this.#edgeAt;
  }

  /** Something may be there to do. */
  wake(nowMs: number): void {
    if (!this.isOpen) this.dueAt = Math.min(this.dueAt, nowMs);
  }

  /** Its leg is aborted; a step that has begun goes on. */
  takeBack(request: SimulatedRequest, nowMs: number): void {
    if (!this.core.abort(request.id)) return;
    this.#live.splice(this.#live.indexOf(request), 1);
    request.entry?.end();
    this.wake(nowMs);
  }

  /** Forgets everything; the requests that it had not finished. */
  fail(nowMs: number): SimulatedRequest[] {
    const lost = this.#live.filter(({ lastTokenAt }) => lastTokenAt === undefined);
    for (const request of this.#live) {
      request.entry?.end();
      if (request.lastTokenAt !== undefined) this.#options.hooks.closed(request);
    }
    this.#live.length = 0;
    this.#lostPreemptions = this.preemptions;
    this.#lostTransfers = this.transfers;
    this.core = this.#newCore();
    this.isOpen = false;
    this.isUp = false;
    this.life++;
    this.dueAt = Number.POSITIVE_INFINITY;
    this.stopAt(nowMs);
    return lost;
  }

  #reportFailed(atMs: number): void {
    for (const id of this.core.takeFailed()) {
      const at = this.#live.findIndex((one) => one.id === id);
      const [request] = at < 0 ? [] : this.#live.splice(at, 1);
      if (request !== undefined) this.#options.hooks.loadFailed?.(request, atMs);
    }
  }

  /** Does everything that happens before `untilMs`, and ends steps that end just then. */
  advance(untilMs: number): void {
    this.#limit = untilMs;
    while (this.dueAt <= this.#limit) {
      if (this.isOpen) this.#close();
      // What arrives at this instant may still be part of the step.
      if (this.dueAt >= this.#limit) return;
      this.#open(this.#limit);
    }
  }

  /** In the midst of `advance`: something may come at `atMs`. */
  stopAt(atMs: number): void {
    this.#limit = Math.min(this.#limit, atMs);
  }

  #close(): void {
    this.isOpen = false;
    this.core.completeInto(this, this.dueAt);
  }

  #open(untilMs: number): void {
    const startedAt = this.dueAt;
    const run = this.core.runDecodes(startedAt, untilMs, this);
    if (run !== undefined) {
      this.isOpen = run.durationMs !== undefined;
      this.dueAt = run.startedAt + (run.durationMs ?? 0);
      return;
    }
    const plan = this.core.schedule(startedAt);
    this.isOpen = plan !== undefined;
    this.dueAt = plan === undefined ? this.core.wakeAt() : startedAt + plan.durationMs;
    this.#reportFailed(startedAt);
  }

  stepped(durationMs: number, tokens: number, endedAt: number): void {
    this.#ends[this.#steps++ % RING] = endedAt;
    this.#tokenAt = Math.min(this.#tokenAt, endedAt + this.#leastDelayMs);
    this.totals.busyMs += durationMs;
    this.totals.steps++;
    this.totals.outputTokens += tokens;
    // A first token ends no gap, and a prefill leg's goes to nobody.
    if (this.role !== "prefill") this.#options.hooks.stepped(durationMs, tokens, tokens - this.#firsts);
    this.#firsts = 0;
    // Mostly there are some: to ask first costs as much as to take them.
    const held = this.core.takeHeld();
    if (held.count > 0) this.#options.hooks.events(this.number, held, endedAt);
  }

  firstToken(request: SimulatedRequest, cachedTokens: number): void {
    this.#firsts++;
    request.firstStep = this.#steps;
    request.firstTokenAt = this.dueAt + request.delayMs;
    this.#edgeAt = Math.min(this.#edgeAt, request.firstTokenAt);
    // The client is told of the first leg's cache; that leg's prompt is counted where it was computed.
    request.cachedTokens = request.leg?.cachedTokens ?? cachedTokens;
    if (request.leg !== undefined) return;
    this.totals.promptTokens += request.content.tokens;
    this.totals.cachedTokens += cachedTokens;
  }

  ended(request: SimulatedRequest): void {
    request.lastTokenAt = this.dueAt + request.delayMs;
    this.#edgeAt = Math.min(this.#edgeAt, request.lastTokenAt);
    this.#options.hooks.ended(request);
  }

  /** Brings the ledger to what the gateway has seen at `nowMs`, or only up to tokens amid answers: those come one by one. */
  account(nowMs: number, what: "all" | "edges" = "all"): void {
    const seenAt = nowMs - this.#options.stalenessMs;
    if (this.#edgeAt > seenAt && (what === "edges" || this.#tokenAt > seenAt)) return;
    const closed: SimulatedRequest[] = [];
    this.#edgeAt = Number.POSITIVE_INFINITY;
    this.#tokenAt = Number.POSITIVE_INFINITY;
    let kept = 0;
    for (const request of this.#live) {
      const { firstTokenAt, lastTokenAt } = request;
      if (lastTokenAt !== undefined && lastTokenAt <= seenAt) {
        closed.push(request);
        continue;
      }
      this.#live[kept++] = request;
      if (lastTokenAt !== undefined) this.#edgeAt = Math.min(this.#edgeAt, lastTokenAt);
      if (firstTokenAt === undefined) continue;
      if (firstTokenAt <= seenAt) this.#countTokens(request, seenAt);
      else this.#edgeAt = Math.min(this.#edgeAt, firstTokenAt);
    }
    this.#live.length = kept;
    if (closed.length > 1) closed.sort((a, b) => (a.lastTokenAt ?? 0) - (b.lastTokenAt ?? 0));
    for (const request of closed) {
      request.entry?.end();
      // A million of them are worth their memory.
      request.entry = undefined;
      this.#options.hooks.closed(request);
    }
  }

  #countTokens(request: SimulatedRequest, seenAt: number): void {
    if (request.counted === 0) request.entry?.firstToken((request.firstTokenAt ?? 0) + this.#options.stalenessMs);
    let step = this.#steps;
    while (step > request.firstStep + 1 && (this.#ends[(step - 1) % RING] ?? 0) + request.delayMs > seenAt) step--;
    if (step < this.#steps) this.#tokenAt = Math.min(this.#tokenAt, (this.#ends[step % RING] ?? 0) + request.delayMs);
    const seen = Math.min(request.maxTokens, step - request.firstStep);
    if (seen <= request.counted) return;
    request.entry?.tokens(seen - request.counted);
    request.counted = seen;
  }
}

const RING = 1024;
