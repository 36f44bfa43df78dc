// Who goes on now, who waits, who is turned away: the decisions around the fair queue, on any clock. Gateway and simulator call the same.
import type { Entry } from "./entry.ts";
import { type FairQueue, fairQueue, type FairQueueOptions, type Yielding } from "./fair-queue.ts";
import type { Recallable } from "./recallable.ts";

/** full: no room to wait · hopeless: its first token would come too late on the best worker. */
export type TurnedAway = "full" | "hopeless";

export interface GateCalls<Item> {
  /** Is there room for it on a worker now? */
  hasRoom(item: Item, yields: Yielding): boolean;
  /** Until its first token, were it sent now to the best worker, room or not. */
  ttftMs(item: Item): number;
  /** Workers that may serve it. */
  workers(item: Item): number;
  /** It is sent. */
  admit(item: Item, yields: Yielding): void;
  turnAway(item: Item, why: TurnedAway, retryAfterMs: number): void;
}

export interface Gate<Item> {
  readonly queue: Pick<FairQueue<Item>, "length" | "queuedMs">;
  /** Admits, keeps or turns away; calls back before it returns, but when it waits. */
  enter(entry: Entry<Item>, nowMs: number): void;
  /** Where it waits, the last batch request that has not begun gives way to it. */
  makeWay(entry: Entry<Item>, nowMs: number): void;
  /** It left. Idempotent. */
  leave(entry: Entry<Item>): void;
  /** Room may have come. */
  drain(nowMs: number): void;
}

/** First tokens come late behind a step that has begun: a request that would just make it takes the place of one that will. */
const TTFT_DOUBT = 2;

export interface GateOptions<Item> extends FairQueueOptions {
  readonly calls: GateCalls<Item>;
  /** Without it nothing is taken back. */
  readonly sent?: Recallable<Item> | undefined;
}

export function gate<Item>({ calls, sent, ...options }: GateOptions<Item>): Gate<Item> {
  const queue = fairQueue<Item>(options);

  function turnAway(entry: Entry<Item>, why: TurnedAway): void {
    // When the work that is ahead of it is done by all workers together.
    const ahead = queue.aheadMs(entry) / Math.max(1, calls.workers(entry.item));
    calls.turnAway(entry.item, why, Math.max(1000, ahead));
  }

  function isHopeless({ item, deadlineAt }: Entry<Item>, atMs: number): boolean {
    return deadlineAt < Number.POSITIVE_INFINITY && atMs + TTFT_DOUBT * calls.ttftMs(item) > deadlineAt;
  }

  function drain(nowMs: number): void {
    for (let entry = queue.head(nowMs); entry !== undefined; entry = queue.head(nowMs)) {
      if (isHopeless(entry, nowMs)) {
        queue.remove(entry);
        turnAway(entry, "hopeless");
        continue;
      }
      const yields = queue.yields(entry, nowMs);
      if (!calls.hasRoom(entry.item, yields)) return;
      queue.serve(entry, nowMs);
      if (entry.priority === "batch") sent?.sent(entry.item);
      calls.admit(entry.item, yields);
    }
  }

  return {
    queue,
    enter(entry, nowMs) {
      const out = queue.push(entry);
      if (out !== undefined) turnAway(out, "full");
      if (out !== entry) drain(nowMs);
    },
    makeWay(entry, nowMs) {
      if (entry.priority !== "batch" && queue.has(entry) && sent?.giveWay() === true) drain(nowMs);
    },
    leave: (entry) => void queue.remove(entry),
    drain,
  };
}
