// The gates in front of saturated workers, one per model that has admission; looked at again while somebody waits.
import {
  bestTtftMs,
  type Entry,
  gate,
  type Gate,
  gpuMs,
  type Recallable,
  recallable,
  roomOf,
  type TurnedAway,
  type Yielding,
} from "../../admission/index.ts";
import type { Timer } from "../../core/index.ts";
import type { Worker } from "../../fleet/index.ts";
import type { Candidate, RouteRequest } from "../../routing/index.ts";
import { type CandidateParts, candidatesOf, routeRequest } from "../choose.ts";
import type { ExchangeParts } from "../exchange-parts.ts";
import type { AdmissionSettings, GatewayOptions } from "../options.ts";
import { type Refusal, refusal } from "../refusal.ts";
import { unfailing } from "../unfailing.ts";
import type { Wait } from "../worker-queue.ts";
import { askedOf, expectedOutput } from "./ask.ts";

export interface AdmittedHost {
  readonly workers: readonly Worker[];
  send(workers: readonly Worker[]): void;
  refuse(refused: Refusal): void;
  /** Takes its leg back, unless its answer has begun; it enters again. */
  recall(why: "preempted"): boolean;
}

export interface Gates {
  /** Undefined when it was sent or refused at once. */
  enter(parts: ExchangeParts, host: AdmittedHost): Wait | undefined;
  /** Something ended. */
  poke(model: string): void;
  waiting(): readonly { readonly model: string; readonly requests: number }[];
}

interface Item {
  readonly parts: ExchangeParts;
  readonly host: AdmittedHost;
  readonly request: RouteRequest;
  timeout: Timer | undefined;
  /** It waits, or is being looked at. */
  isIn: boolean;
}

/** First tokens and scrapes make room too, and nobody tells of them. */
const LOOK_EVERY_MS = 10;

/** What is known of a worker beside its load. */
type Known = Required<Pick<CandidateParts, "slowdown" | "promisedItlMs">>;

export function gates(options: GatewayOptions, known: Known): Gates {
  const { clock, metrics, index, log } = options;
  const byModel = new Map<string, { readonly gate: Gate<Item>; readonly settings: AdmissionSettings }>();
  /** Of settings before a reload, while somebody waits in them. */
  let former: { readonly model: string; readonly gate: Gate<Item> }[] = [];
  /** Of all gates of a model. */
  const sentOf = new Map<string, Recallable<Item>>();
  let looking: Timer | undefined;

  function candidates({ parts, host }: Item): Candidate[] {
    const workers = host.workers;
    const { hashes } = parts.identity;
    const ids = workers.map(({ id }) => id);
    const seen = unfailing(log, "index", () => ({
      overlap: hashes === undefined || hashes.count === 0 ? undefined : index.overlap(hashes, ids, clock.now()),
    }));
    return candidatesOf({ workers, identity: parts.identity, overlap: seen?.overlap, ...known });
  }

  function roomy(item: Item, yields: Yielding): readonly Worker[] {
    const { request } = item;
    const room = roomOf({ request, candidates: candidates(item), itlMs: request.promised?.itlMs, yields });
    return item.host.workers.filter((_, i) => room[i]);
  }

  function count({ parts }: Item, result: string): void {
    metrics.admissions(parts.accepted.model.name, askedOf(parts).priority, result).inc();
  }

  function out(item: Item, result: string): void {
    item.isIn = false;
    item.timeout?.cancel();
    count(item, result);
  }

  function admit(item: Item, yields: Yielding): void {
    out(item, "admitted");
    item.host.send(roomy(item, yields));
  }

  function sentTo(model: string): Recallable<Item> {
    let sent = sentOf.get(model);
    if (sent !== undefined) return sent;
    sent = recallable({
      hasBegun: ({ parts: { response } }) => response.headersSent || response.destroyed,
      recall(item) {
        const isBack = item.host.recall("preempted");
        if (isBack) count(item, "preempted");
        return isBack;
      },
    });
    sentOf.set(model, sent);
    return sent;
  }

  function gateOf(model: string, settings: AdmissionSettings, limit: number): Gate<Item> {
    const known = byModel.get(model);
    if (known?.settings === settings) return known.gate;
    if (known !== undefined) former.push({ model, gate: known.gate });
    const made = gate<Item>({
      // It passes through the queue also when it goes on at once.
      limit: Math.max(1, limit),
      starvationMs: settings.starvationMs,
      sent: sentTo(model),
      calls: {
        hasRoom: (item, yields) => roomy(item, yields).length > 0,
        ttftMs: (item) => (item.host.workers.length === 0 ? 0 : bestTtftMs(item.request, candidates(item))),
        workers: ({ host }) => host.workers.length,
        admit,
        turnAway(item, why, retryAfterMs) {
          out(item, why);
          item.parts.record.denied = why;
          item.host.refuse(turnedAway(item.parts.accepted.model.name, why, retryAfterMs));
        },
      },
    });
    byModel.set(model, { gate: made, settings });
    return made;
  }

  /** Who came before a reload goes first. */
  function open(): readonly { readonly model: string; readonly gate: Gate<Item> }[] {
    former = former.filter(({ gate: one }) => one.queue.length > 0);
    return [...former, ...[...byModel].map(([model, { gate: one }]) => ({ model, gate: one }))];
  }

  function look(): void {
    looking = undefined;
    for (const { gate: one } of open()) one.drain(clock.now());
    lookAgain();
  }

  function lookAgain(): void {
    if (looking !== undefined || !open().some(({ gate: one }) => one.queue.length > 0)) return;
    looking = clock.after(LOOK_EVERY_MS, look);
  }

  function enterGate(item: Item, settings: AdmissionSettings): Wait | undefined {
    const { parts, host } = item;
    const { name, limits } = parts.accepted.model;
    const now = clock.now();
    const [best] = candidates(item);
    const costMs = best === undefined ? 1 : gpuMs(item.request, best, expectedOutput(parts));
    const entry: Entry<Item> = { item, ...askedOf(parts), costMs, enteredAt: now };
    const own = gateOf(name, settings, limits.queueLength);
    const from = parts.record.readAt ?? parts.record.arrivedAt;
    own.enter(entry, now);
    if (!item.isIn) return undefined;
    const giveUp = (result: "full" | "timeout"): void => {
      own.leave(entry);
      out(item, result);
      parts.record.denied = result;
      host.refuse(turnedAway(name, "full", own.queue.queuedMs / Math.max(1, host.workers.length)));
    };
    if (limits.queueLength === 0) {
      giveUp("full");
      return undefined;
    }
    own.makeWay(entry, now);
    if (!item.isIn) return undefined;
    item.timeout = clock.after(Math.max(0, from + limits.queueTimeoutMs - now), () => giveUp("timeout"));
    lookAgain();
    return {
      cancel() {
        if (!item.isIn) return;
        own.leave(entry);
        out(item, "left");
      },
    };
  }

  return {
    enter(parts, host) {
      const settings = parts.accepted.model.admission;
      if (settings === undefined) {
        host.send(host.workers);
        return undefined;
      }
      const request = routeRequest(parts.identity, parts.accepted);
      return enterGate({ parts, host, request, timeout: undefined, isIn: true }, settings);
    },
    poke(model) {
      for (const one of open()) if (one.model === model) one.gate.drain(clock.now());
    },
    waiting: () =>
      [...byModel.keys()].map((model) => ({
        model,
        requests: open().reduce((sum, one) => sum + (one.model === model ? one.gate.queue.length : 0), 0),
      })),
  };
}

/** 429: there is too much of it; 503: no worker could serve it in time. */
function turnedAway(model: string, why: TurnedAway, retryAfterMs: number): Refusal {
  const headers = { "retry-after": String(Math.max(1, Math.ceil(retryAfterMs / 1000))) };
  if (why === "full") return refusal(429, `Too many requests wait for \`${model}\`.`, { headers });
  return refusal(503, `No worker of \`${model}\` can begin the answer in time.`, { headers });
}
