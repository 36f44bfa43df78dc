// The event loop: arrivals, steps and KV events on a virtual clock, around the gateway's own decisions.
import type { HeldChanges } from "../engine/offline.ts";
import type { Role } from "../fleet/offline.ts";
import type { EngineProfile } from "../model/index.ts";
import type { Policy } from "../routing/index.ts";
import { admission, type SimulatedAdmission } from "./admission.ts";
import type { ArrivalSource } from "./arrivals-source.ts";
import { dispatch } from "./dispatch.ts";
import { front } from "./front.ts";
import { gateways, type SimulatedGateways } from "./gateways.ts";
import { scaledPools, type ScalingRecord, type SimulatedScaling } from "./scaled-pools.ts";
import { SimulatedRequest } from "./simulated-request.ts";
import { SimulatedWorker } from "./simulated-worker.ts";
import { timers } from "./timers.ts";
import { weightedSamples, type WeightedSamples } from "./weighted-samples.ts";
import { DEFAULT_WORLD, type World } from "./world.ts";
import type { WorkerHooks } from "./worker-hooks.ts";
import { worldChanges } from "./world-changes.ts";

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
  /** Roles, failures and start-ups; without it all workers are equal and live for ever. */
  readonly world?: World | undefined;
  /** Who waits before saturated workers; without it all are sent at once. */
  readonly admission?: SimulatedAdmission | undefined;
  /** Pools that change their size; without it all workers are there from the start. */
  readonly scaling?: SimulatedScaling | undefined;
  /** Several, each with a policy of its own instead of `policy`; without it one. */
  readonly gateways?: SimulatedGateways | undefined;
}

/** How far a run is. */
export interface SimulationStep {
  readonly atMs: number;
  /** That have come. */
  readonly requests: number;
}

/** Pauses now and then; `next(true)` ends the run early. */
export type Steps<Result> = Generator<SimulationStep, Result, boolean>;

/** What happened; times in ms from the start. */
export interface SimulationRun {
  readonly requests: readonly SimulatedRequest[];
  readonly workers: readonly SimulatedWorker[];
  /** Gaps between tokens. */
  readonly gaps: WeightedSamples;
  readonly endedAt: number;
  readonly interrupted: boolean;
  /** Workers that died. */
  readonly failures: number;
  readonly scaling?: ScalingRecord | undefined;
}

const STEP_REQUESTS = 512;
/** Piece of time between two pauses when nothing more comes. */
const DRAIN_MS = 10_000;

export function simulate(options: SimulationOptions): SimulationRun {
  return toTheEnd(simulationSteps(options));
}

export function toTheEnd<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const { done, value } = steps.next(false);
    if (done === true) return value;
  }
}

export function* simulationSteps(options: SimulationOptions): Steps<SimulationRun> {
  const { profiles, policy, arrivals, seed, stalenessMs = 0, world = DEFAULT_WORLD } = options;
  const blockSize = profiles[0]?.limits.blockSize ?? 16;
  const gaps = weightedSamples();
  const requests: SimulatedRequest[] = [];
  const soon = timers();
  let [open, endedAt, nextStep] = [0, 0, STEP_REQUESTS];
  let interrupted = false;

  const hooks: WorkerHooks = {
    events: (worker: number, changes: HeldChanges, atMs: number) => gateway.events(worker, changes, atMs),
    stepped: (durationMs, _tokens, ended) => gaps.add(durationMs, ended),
    ended(request) {
      if (request.owner !== undefined) return legs.prefilled(request);
      endedAt = Math.max(endedAt, request.lastTokenAt ?? 0);
      isOver(request, request.lastTokenAt ?? 0);
    },
    closed: (request) => gateway.learn(request),
    loadFailed: (request, atMs) => legs.loadFailed(request, atMs),
  };
  const workers = workersOf(options, hooks);
  const isOpen = !arrivals.isClosed && !isEventful(options);
  const seen = { workers, blockSize, seed, stalenessMs, index: options.index !== false };
  const gateway = options.gateways ? gateways(seen, options.gateways) : front({ ...seen, policy, lazy: isOpen });
  const way = { workers, front: gateway, timers: soon };
  const legs = dispatch({ ...way, world, failed: isOver });
  const recall = (request: SimulatedRequest, atMs: number): boolean => legs.recall(request, atMs);
  const entrance = admission({ ...way, rule: options.admission, seed, send, recall, turnedAway: isOver });
  const changes = { workers, seed, timers: soon, isBack: (atMs: number) => legs.workerIsBack(atMs) };
  const pools =
    options.scaling &&
    scaledPools({
      ...changes,
      scaling: options.scaling,
      forget: (worker) => gateway.forget(worker),
      lost: (these, worker, atMs) => legs.lost(these, worker, atMs),
    });
  const failures = worldChanges({
    ...changes,
    world,
    died(worker, lost, atMs) {
      gateway.forget(worker.number);
      legs.lost(lost, worker, atMs);
    },
  });

  function send(request: SimulatedRequest, atMs: number, among = pools?.among(request)): void {
    legs.send(request, atMs, isOpen ? workers : among);
  }

  function isOver(request: SimulatedRequest, atMs: number): void {
    open--;
    pools?.ended(request);
    if (!arrivals.isClosed) return;
    arrivals.ended(atMs, request.session);
    workers[request.worker]?.stopAt(arrivals.nextAt);
  }

  function arrive(): void {
    const atMs = arrivals.nextAt;
    const request = new SimulatedRequest(`r${requests.length}`, arrivals.take(), atMs);
    requests.push(request);
    open++;
    const { tokens } = request.content;
    pools?.arrived(request);
    const idle = { cached: 0, uncached: tokens, decodeSequences: 0, decodeContext: 0 };
    entrance(request, atMs);
    const { cost } = workers[Math.max(0, request.worker)] ?? workers[0] ?? { cost: undefined };
    if (cost !== undefined) request.unloadedTtftMs = cost.prefillMs(idle) + cost.overheadMs(tokens);
  }

  function* pause(atMs: number): Generator<SimulationStep, void, boolean> {
    if (requests.length < nextStep) return;
    nextStep = requests.length + STEP_REQUESTS;
    interrupted = yield { atMs, requests: requests.length };
  }

  /** Open loop of workers that live: nothing that they do brings events, so each may run up to the next arrival. */
  function* runOpen(): Generator<SimulationStep, void, boolean> {
    while (!interrupted && arrivals.nextAt < Number.POSITIVE_INFINITY) {
      const atMs = arrivals.nextAt;
      if (!gateway.drives) for (const worker of workers) if (worker.dueAt <= atMs) worker.advance(atMs);
      while (arrivals.nextAt === atMs) arrive();
      yield* pause(atMs);
    }
    let untilMs = requests.at(-1)?.sentAt ?? 0;
    for (const worker of workers) worker.advance(untilMs);
    // Piece by piece: after a crowd this may be most of the work.
    while (!interrupted && workers.some(({ dueAt }) => dueAt < Number.POSITIVE_INFINITY)) {
      untilMs += DRAIN_MS;
      for (const worker of workers) worker.advance(untilMs);
      interrupted = yield { atMs: untilMs, requests: requests.length };
    }
    if (interrupted) endedAt = Math.max(endedAt, untilMs);
  }

  /** The worker that is due first may run until another one is, for that one may bring an arrival or another event. */
  function* runInOrder(): Generator<SimulationStep, void, boolean> {
    while (!interrupted && (open > 0 || arrivals.nextAt < Number.POSITIVE_INFINITY)) {
      const { first, secondAt } = earliest(workers);
      const nextAt = Math.min(arrivals.nextAt, soon.nextAt);
      if (first === undefined || nextAt < first.dueAt || (nextAt === first.dueAt && !first.isOpen)) {
        if (nextAt === Number.POSITIVE_INFINITY) return;
        if (soon.nextAt <= arrivals.nextAt) soon.run();
        else {
          arrive();
          yield* pause(nextAt);
        }
      } else first.advance(Math.min(nextAt, Math.max(secondAt, nextAfter(first.dueAt))));
    }
  }

  if (isOpen) yield* runOpen();
  else yield* runInOrder();
  return { requests, workers, gaps, endedAt, interrupted, failures: failures(), scaling: pools };
}

function workersOf(options: SimulationOptions, hooks: WorkerHooks): SimulatedWorker[] {
  const { profiles, seed, noise = 0, stalenessMs = 0, world = DEFAULT_WORLD } = options;
  return profiles.map((profile, number) => {
    const role = world.roles[number] ?? "both";
    const engine = { kvRole: KV_ROLES[role], loadFailure: world.loadFailure };
    return new SimulatedWorker({ number, profile, noise, seed, stalenessMs, role, engine, hooks });
  });
}

/** Things happen beside arrivals and steps. */
function isEventful({ world, admission: rule, scaling }: SimulationOptions): boolean {
  return world !== undefined || rule !== undefined || scaling !== undefined;
}

/** A worker of both roles in a fleet of pairs serves whole requests only. */
const KV_ROLES = { prefill: "kv_producer", decode: "kv_consumer", both: "none" } as const satisfies Record<
  Role,
  string
>;

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
