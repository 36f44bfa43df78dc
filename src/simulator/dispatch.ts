// A request's legs in a world where it may be split, and where workers fail: sent, handed over, retried as the gateway decides.
import { decideRetry, type LegFailure, retryBudget, type RetryDecision } from "../gateway/offline.ts";
import { kvBytesPerToken, transferMs } from "../model/index.ts";
import { type ChosenPair, pairRuleOf } from "../routing/index.ts";
import type { Front } from "./front.ts";
import { SimulatedRequest } from "./simulated-request.ts";
import type { SimulatedWorker } from "./simulated-worker.ts";
import type { Timers } from "./timers.ts";
import type { World } from "./world.ts";

export interface Dispatch {
  /** `only`: those that admission found room on. */
  send(request: SimulatedRequest, nowMs: number, only?: readonly SimulatedWorker[]): void;
  /** It gives way to another one, as in the gateway; false when it may not be sent again. */
  recall(request: SimulatedRequest, nowMs: number): boolean;
  /** The answer of a prefill leg is on its way. */
  prefilled(leg: SimulatedRequest): void;
  loadFailed(request: SimulatedRequest, atMs: number): void;
  /** The worker has died with these. */
  lost(requests: readonly SimulatedRequest[], worker: SimulatedWorker, nowMs: number): void;
  /** A worker is there again. */
  workerIsBack(nowMs: number): void;
}

interface FailedTry {
  readonly failure: LegFailure;
  readonly nowMs: number;
  readonly untried: number;
  readonly eligible: number;
}

export interface DispatchParts {
  readonly workers: readonly SimulatedWorker[];
  readonly front: Front;
  readonly world: World;
  readonly timers: Timers;
  /** The request failed for good. */
  readonly failed: (request: SimulatedRequest, atMs: number) => void;
}

/** What a real vLLM takes to give up on a peer that is not there (measured.md §2). */
const UNREACHABLE_MS = 5000;

export function dispatch({ workers, front, world, timers, failed }: DispatchParts): Dispatch {
  const budget = retryBudget(world.retryBudgetRatio);
  const rule = pairRuleOf(world.pairRule);
  const isSplit = workers.some(({ role }) => role === "prefill");
  /** Until when each end of the link is busy. */
  const busyUntil = new Float64Array(workers.length);
  let waiting: SimulatedRequest[] = [];

  function fail(request: SimulatedRequest, why: string, nowMs: number): void {
    request.failure = why;
    request.failedAt = nowMs;
    failed(request, nowMs);
  }

  function sendAmong(request: SimulatedRequest, among: readonly SimulatedWorker[], nowMs: number): void {
    if (isSplit) sendSplit(request, among, nowMs);
    else sendWhole(request, front.route(request, among, nowMs), nowMs);
  }

  function sendWhole(request: SimulatedRequest, worker: SimulatedWorker, nowMs: number): void {
    if (worker.isUp) worker.add(request, nowMs);
    else legFailed(request, worker, { failure: "refused", nowMs });
  }

  function sendSplit(request: SimulatedRequest, among: readonly SimulatedWorker[], nowMs: number): void {
    const prefill = among.filter(({ role }) => role === "prefill");
    const decode = among.filter(({ role }) => role === "decode");
    const whole = among.filter(({ role }) => role !== "prefill");
    const pools = { prefill, decode, whole, rule, fallback: world.fallback, link: linkMs };
    const decision = front.pair(request, pools, nowMs);
    if (decision.kind === "none") return fail(request, decision.reason, nowMs);
    if (decision.kind === "pair") return sendPrefill(request, decision, nowMs);
    sendWhole(request, front.enter(request, decision.decision, nowMs), nowMs);
  }

  /** What the policy expects of the link: the wait for it is not known beforehand. */
  function linkMs(from: { readonly id: string }, _to: unknown, tokens: number): number {
    return transferMs(world.link, tokens * bytesPerToken(named(workers, from.id)));
  }

  function sendPrefill(request: SimulatedRequest, chosen: ChosenPair, nowMs: number): void {
    const planned = { atMs: nowMs, content: request.content, outputTokens: 1, session: undefined };
    const leg = new SimulatedRequest(`${request.id}/${request.retries}`, planned, nowMs, {
      owner: request,
      leaseMs: world.leaseMs,
    });
    const worker = named(workers, chosen.prefill.id);
    request.leg = leg;
    request.worker = named(workers, chosen.decode.id).number;
    front.enterPair(leg, chosen, nowMs);
    if (worker.isUp) worker.add(leg, nowMs);
    else legFailed(request, worker, { failure: "refused", nowMs });
  }

  function sendDecode(request: SimulatedRequest, leg: SimulatedRequest, nowMs: number): void {
    const [from, to] = [workers[leg.worker], workers[request.worker]];
    // The request was lost and sent anew meanwhile.
    if (request.leg !== leg || from === undefined || to === undefined) return;
    if (!to.isUp) return legFailed(request, to, { failure: "refused", nowMs });
    const { life } = from;
    const isThere = (): boolean => from.life === life && from.core.holds(leg.id);
    let came = false;
    request.remote = {
      tokens: request.content.tokens,
      arrived: () => came,
      pull(tokens, atMs) {
        if (!isThere()) return UNREACHABLE_MS;
        const freeAt = Math.max(atMs, busyUntil[from.number] ?? 0, busyUntil[to.number] ?? 0);
        const endAt = freeAt + transferMs(world.link, tokens * bytesPerToken(from));
        busyUntil[from.number] = endAt;
        busyUntil[to.number] = endAt;
        request.transferMs = endAt - atMs;
        to.stopAt(endAt);
        timers.at(endAt, () => {
          came = isThere();
          if (came) from.core.releaseHeld(leg.id);
          if (came) from.wake(endAt);
        });
        return endAt - atMs;
      },
    };
    // The decode side's heartbeats keep the lease as long as it lives.
    if (isThere()) from.core.renewHeld(leg.id, Number.POSITIVE_INFINITY);
    to.add(request, nowMs);
  }

  function nextTry(request: SimulatedRequest, about: FailedTry): RetryDecision {
    const { nowMs, ...leg } = about;
    return decideRetry({
      ...leg,
      committed: request.firstTokenAt !== undefined && request.firstTokenAt <= nowMs,
      clientLeft: false,
      retriesSoFar: request.retries,
      maxRetries: world.retries,
      budgetLeft: budget.left,
      remainingMs: request.sentAt + world.totalTimeoutMs - nowMs,
    });
  }

  /** A leg failed at `worker`: another try, or the end. */
  function legFailed(
    request: SimulatedRequest,
    worker: SimulatedWorker,
    { failure, nowMs }: { readonly failure: LegFailure; readonly nowMs: number },
  ): void {
    if (failure !== "engine") worker.isSeenUp = worker.isUp;
    request.entry?.end();
    request.leg?.entry?.end();
    request.tried.push(worker.number);
    const eligible = workers.filter(({ isSeenUp }) => isSeenUp);
    const untried = eligible.filter(({ number }) => !request.tried.includes(number));
    const decision = nextTry(request, { failure, nowMs, untried: untried.length, eligible: eligible.length });
    if (!decision.retry) return fail(request, `${failure}, not retried: ${decision.reason}`, nowMs);
    budget.spend();
    request.retries++;
    request.restart();
    sendAmong(request, decision.where === "other" ? untried : eligible, nowMs);
  }

  /** As the gateway's queue: bounded in length and time. */
  function wait(request: SimulatedRequest, nowMs: number): void {
    if (waiting.length >= world.queueLength) return fail(request, "no worker", nowMs);
    waiting.push(request);
    timers.at(nowMs + world.queueTimeoutMs, () => {
      if (!waiting.includes(request)) return;
      waiting = waiting.filter((one) => one !== request);
      fail(request, "no worker", nowMs + world.queueTimeoutMs);
    });
  }

  return {
    send(request, nowMs, only) {
      budget.request();
      if (only !== undefined) return sendAmong(request, only, nowMs);
      const among = workers.every(({ isSeenUp }) => isSeenUp) ? workers : workers.filter(({ isSeenUp }) => isSeenUp);
      if (among.length === 0) wait(request, nowMs);
      else sendAmong(request, among, nowMs);
    },
    recall(request, nowMs) {
      const worker = workers[request.worker];
      // Of a split request one of two legs would go on.
      if (worker === undefined || request.leg !== undefined) return false;
      const about = { failure: "preempted", nowMs, untried: 0, eligible: workers.length } as const;
      if (!nextTry(request, about).retry) return false;
      budget.spend();
      worker.takeBack(request, nowMs);
      request.retries++;
      request.restart();
      return true;
    },
    prefilled(leg) {
      const { owner, lastTokenAt = 0 } = leg;
      workers[leg.worker]?.stopAt(lastTokenAt);
      timers.at(lastTokenAt, () => owner && sendDecode(owner, leg, lastTokenAt));
    },
    loadFailed(request, atMs) {
      const worker = workers[request.leg?.worker ?? request.worker];
      workers[request.worker]?.stopAt(atMs);
      timers.at(atMs, () => worker && legFailed(request, worker, { failure: "engine", nowMs: atMs }));
    },
    lost(requests, worker, nowMs) {
      for (const one of requests) {
        // The prompt of a lost decode leg is kept for nobody now.
        if (one.leg) workers[one.leg.worker]?.core.renewHeld(one.leg.id, nowMs + world.leaseMs);
        legFailed(one.owner ?? one, worker, { failure: "broken", nowMs });
      }
    },
    workerIsBack(nowMs) {
      const all = waiting;
      waiting = [];
      for (const request of all) this.send(request, nowMs);
    },
  };
}

function named(workers: readonly SimulatedWorker[], id: string): SimulatedWorker {
  const found = workers.find(({ worker }) => worker.id === id);
  if (found === undefined) throw new RangeError(`there is no worker ${id}`);
  return found;
}

function bytesPerToken({ profile }: SimulatedWorker): number {
  return kvBytesPerToken(profile.model, profile.kv);
}
