// Admission in a simulation: the gateway's own gate on virtual time, and the rules it is compared with.
import {
  bestTtftMs,
  type Entry,
  gate,
  type Gate,
  gpuMs,
  recallable,
  roomOf,
  type Yielding,
} from "../admission/offline.ts";
import { type Random, seededRandom } from "../core/index.ts";
import { jitterMs } from "../gateway/offline.ts";
import type { Candidate } from "../routing/index.ts";
import type { Front } from "./front.ts";
import type { SimulatedRequest } from "./simulated-request.ts";
import type { SimulatedWorker } from "./simulated-worker.ts";
import type { Timers } from "./timers.ts";

export interface SimulatedAdmission {
  /**
   * fair: as the gateway · fcfs: the same room, one line · vtc: the same room, tenants by tokens served (1 a prompt token,
   * 2 an output token), no deadlines · dynamo: no queue, refused while every worker is above both of its thresholds.
   */
  readonly rule: "fair" | "fcfs" | "vtc" | "dynamo";
  readonly queueLength: number;
  readonly starvationMs: number;
  /** Promises; undefined = none. */
  readonly ttftMs: number | undefined;
  readonly itlMs: number | undefined;
}

export interface AdmissionParts {
  readonly rule: SimulatedAdmission | undefined;
  readonly workers: readonly SimulatedWorker[];
  readonly front: Front;
  readonly timers: Timers;
  readonly seed: string;
  readonly send: (request: SimulatedRequest, atMs: number, among?: readonly SimulatedWorker[]) => void;
  /** From its worker; false when it may not be sent again. */
  readonly recall: (request: SimulatedRequest, atMs: number) => boolean;
  readonly turnedAway: (request: SimulatedRequest, atMs: number) => void;
}

type Entrance = (request: SimulatedRequest, atMs: number) => void;

/** As often as the gateway looks. */
const LOOK_EVERY_MS = 10;
const EXPECTED_OUTPUT = 256;

export function admission(parts: AdmissionParts): Entrance {
  const { rule, send } = parts;
  if (rule === undefined) return send;
  return rule.rule === "dynamo" ? refusing(parts) : gated(parts, rule);
}

function gated(parts: AdmissionParts, rule: SimulatedAdmission): Entrance {
  const { workers, front, timers, send, turnedAway } = parts;
  const random: Random = seededRandom(`${parts.seed} admission`);
  let now = 0;
  let looking = false;

  function roomy(request: SimulatedRequest, asks: Yielding): SimulatedWorker[] {
    const { asked, candidates } = front.look(request, workers, now);
    const yields = rule.rule === "fair" ? asks : "none";
    const room = roomOf({ request: asked, candidates, itlMs: rule.itlMs, yields });
    return workers.filter((_, i) => room[i]);
  }

  function ttftMs(request: SimulatedRequest): number {
    const { asked, candidates } = front.look(request, workers, now);
    return bestTtftMs(asked, candidates);
  }

  function costMs(request: SimulatedRequest): number {
    const output = Math.min(EXPECTED_OUTPUT, request.maxTokens);
    if (rule.rule === "vtc") return request.content.tokens + 2 * output;
    const { asked, candidates } = front.look(request, workers, now);
    return candidates[0] === undefined ? 1 : gpuMs(asked, candidates[0], output);
  }

  const sent = recallable<SimulatedRequest>({
    hasBegun: ({ firstTokenAt, failure }) => failure !== undefined || (firstTokenAt ?? Number.POSITIVE_INFINITY) <= now,
    recall(request) {
      const tries = request.retries;
      if (!parts.recall(request, now)) return false;
      const at = now + jitterMs(tries, random);
      timers.at(at, () => enter(request, at));
      return true;
    },
  });

  const one: Gate<SimulatedRequest> = gate({
    limit: rule.queueLength,
    starvationMs: rule.starvationMs,
    sent,
    calls: {
      hasRoom: (request, yields) => roomy(request, yields).length > 0,
      ttftMs,
      workers: () => workers.length,
      admit: (request, yields) => send(request, now, roomy(request, yields)),
      turnAway(request, why) {
        request.failure = why;
        turnedAway(request, now);
      },
    },
  });

  function look(atMs: number): void {
    looking = false;
    now = atMs;
    one.drain(atMs);
    lookAgain();
  }

  function lookAgain(): void {
    if (looking || one.queue.length === 0) return;
    looking = true;
    const at = now + LOOK_EVERY_MS;
    timers.at(at, () => look(at));
  }

  function entryOf(request: SimulatedRequest): Entry<SimulatedRequest> {
    const isFair = rule.rule === "fair";
    const isTimed = isFair && rule.ttftMs !== undefined && request.priorityClass !== "batch";
    return {
      item: request,
      tenant: rule.rule === "fcfs" ? "all" : request.tenant,
      weight: 1,
      priority: isFair ? request.priorityClass : "default",
      deadlineAt: isTimed ? request.sentAt + (rule.ttftMs ?? 0) : Number.POSITIVE_INFINITY,
      costMs: costMs(request),
      enteredAt: now,
    };
  }

  function enter(request: SimulatedRequest, atMs: number): void {
    now = atMs;
    const entry = entryOf(request);
    one.enter(entry, atMs);
    one.makeWay(entry, atMs);
    lookAgain();
  }

  return enter;
}

/** Both thresholds are the operator's in Dynamo: share of KV blocks in use, and prompt tokens that wait. */
const BUSY_BLOCKS = 0.85;
const BUSY_PREFILL_TOKENS = 10_000;

function refusing({ workers, front, send, turnedAway }: AdmissionParts): Entrance {
  return (request, atMs) => {
    const { candidates } = front.look(request, workers, atMs);
    if (!candidates.every(isBusy)) return send(request, atMs);
    request.failure = "busy";
    turnedAway(request, atMs);
  };
}

function isBusy({ load, kvBlocks = Number.POSITIVE_INFINITY, blockSize }: Candidate): boolean {
  return load.contextTokens / blockSize > BUSY_BLOCKS * kvBlocks || load.prefillTokens > BUSY_PREFILL_TOKENS;
}
