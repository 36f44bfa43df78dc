// One simulated worker: the engine's core driven on virtual time, and the gateway's books about it.
import { seededRandom } from "../core/index.ts";
import { engineCore, type HeldChanges, type OfflineCore, stepNoise, type StepSink } from "../engine/index.ts";
import { loadLedger, type Worker } from "../fleet/index.ts";
import { type EngineProfile, type StepCost, stepCost } from "../model/index.ts";
import type { SimulatedRequest } from "./simulated-request.ts";

export interface SimulatedWorkerOptions {
  readonly number: number;
  readonly profile: EngineProfile;
  /** σ of the logarithm of step times. */
  readonly noise: number;
  readonly seed: string;
  /** How late the gateway learns of tokens and KV events. */
  readonly stalenessMs: number;
  readonly hooks: WorkerHooks;
}

export interface WorkerHooks {
  /** KV events that a step made. */
  events(worker: number, changes: HeldChanges, atMs: number): void;
  stepped(durationMs: number, tokens: number): void;
  /** The last token reaches the client at `request.lastTokenAt`. */
  ended(request: SimulatedRequest): void;
  /** The gateway has seen the last token. */
  closed(request: SimulatedRequest): void;
}

export interface WorkerTotals {
  requests: number;
  promptTokens: number;
  cachedTokens: number;
  outputTokens: number;
  busyMs: number;
  steps: number;
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
  readonly core: OfflineCore;
  /** A step is running. */
  isOpen = false;
  /** Requests whose end the gateway has not seen. */
  readonly #live: SimulatedRequest[] = [];
  /** Ends of the last steps, a ring. */
  readonly #ends = new Float64Array(1024);
  #steps = 0;
  /** How far `advance` may go. */
  #limit = 0;

  constructor(options: SimulatedWorkerOptions) {
    this.#options = options;
    this.number = options.number;
    this.cost = stepCost(options.profile);
    const noise = workerNoise(options.seed, options.number, options.noise);
    this.core = engineCore({ ...options.profile.limits, cost: this.cost, runs: true, noise });
    this.worker = workerOf(options, this.cost);
  }

  add(request: SimulatedRequest, nowMs: number): void {
    request.worker = this.number;
    request.delayMs = this.cost.overheadMs(request.content.tokens);
    this.core.add(request, nowMs);
    this.#live.push(request);
    this.totals.requests++;
    if (this.dueAt === Number.POSITIVE_INFINITY) this.dueAt = nowMs;
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
    this.dueAt = plan === undefined ? Number.POSITIVE_INFINITY : startedAt + plan.durationMs;
  }

  stepped(durationMs: number, tokens: number, endedAt: number): void {
    this.#ends[this.#steps++ & 1023] = endedAt;
    this.totals.busyMs += durationMs;
    this.totals.steps++;
    this.totals.outputTokens += tokens;
    this.#options.hooks.stepped(durationMs, tokens);
    if (this.core.hasHeld) this.#options.hooks.events(this.number, this.core.takeHeld(), endedAt);
  }

  firstToken(request: SimulatedRequest, cachedTokens: number): void {
    request.firstStep = this.#steps;
    request.firstTokenAt = this.dueAt + request.delayMs;
    request.cachedTokens = cachedTokens;
    this.totals.promptTokens += request.content.tokens;
    this.totals.cachedTokens += cachedTokens;
  }

  ended(request: SimulatedRequest): void {
    request.lastTokenAt = this.dueAt + request.delayMs;
    this.#options.hooks.ended(request);
  }

  /** Brings the ledger to what the gateway has seen at `nowMs`. */
  account(nowMs: number): void {
    const seenAt = nowMs - this.#options.stalenessMs;
    const closed: SimulatedRequest[] = [];
    let kept = 0;
    for (const request of this.#live) {
      if (request.lastTokenAt !== undefined && request.lastTokenAt <= seenAt) closed.push(request);
      else {
        this.#live[kept++] = request;
        if (request.firstTokenAt !== undefined && request.firstTokenAt <= seenAt) this.#countTokens(request, seenAt);
      }
    }
    this.#live.length = kept;
    closed.sort((a, b) => (a.lastTokenAt ?? 0) - (b.lastTokenAt ?? 0));
    for (const request of closed) {
      request.entry?.end();
      this.#options.hooks.closed(request);
    }
  }

  #countTokens(request: SimulatedRequest, seenAt: number): void {
    if (request.counted === 0) request.entry?.firstToken();
    let step = this.#steps;
    while (step > request.firstStep + 1 && (this.#ends[(step - 1) & 1023] ?? 0) + request.delayMs > seenAt) step--;
    const seen = Math.min(request.maxTokens, step - request.firstStep);
    if (seen <= request.counted) return;
    request.entry?.tokens(seen - request.counted);
    request.counted = seen;
  }
}

/** Factors of the steps of one worker. */
export function workerNoise(seed: string, worker: number, sigma: number): () => number {
  return stepNoise(seededRandom(`${seed} step noise ${worker}`), sigma);
}

function workerOf({ number, profile }: SimulatedWorkerOptions, cost: StepCost): Worker {
  const { blockSize, kvBlocks, maxSequences } = profile.limits;
  return {
    id: workerId(number),
    deployment: "simulation",
    model: profile.model.name,
    role: "both",
    origin: "",
    basePath: "",
    key: undefined,
    tls: undefined,
    labels: {},
    state: "ready",
    facts: {
      version: undefined,
      servedModels: [profile.model.name],
      maxModelLen: profile.maxModelLength,
      blockSize,
      kvBlocks,
      kvEvents: undefined,
    },
    gauges: undefined,
    ledger: loadLedger(),
    cost,
    maxSequences,
  };
}

/** Of equal width, so that the order of ids is that of the numbers. */
export function workerId(number: number): string {
  return `w${String(number).padStart(4, "0")}`;
}
