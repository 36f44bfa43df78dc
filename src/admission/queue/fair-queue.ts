// All that waits for one model: classes in order, none starved, bounded; the tenant with the most waiting gives way when it is full. Pure.
import { type ClassQueue, classQueue } from "./class-queue.ts";
import type { Entry } from "./entry.ts";
import { PRIORITY_CLASSES, type PriorityClass } from "./priority-class.ts";

export interface FairQueue<Item> {
  readonly length: number;
  /** Σ predicted GPU time of what waits. */
  readonly queuedMs: number;
  /** Who had to leave for it: another one, itself, or nobody. */
  push(entry: Entry<Item>): Entry<Item> | undefined;
  /** Who is next; stays until it is served or removed. */
  head(nowMs: number): Entry<Item> | undefined;
  serve(entry: Entry<Item>, nowMs: number): void;
  has(entry: Entry<Item>): boolean;
  /** How much room it leaves free. */
  yields(entry: Entry<Item>, nowMs: number): Yielding;
  /** Idempotent. */
  remove(entry: Entry<Item>): boolean;
  /** GPU time that goes before a new one. */
  aheadMs(of: Pick<Entry<Item>, "tenant" | "weight" | "priority">): number;
}

/** all: batch, which takes no place that others could use · some: a tenant that is far ahead of others. */
export type Yielding = "all" | "some" | "none";

export interface FairQueueOptions {
  readonly limit: number;
  /** A class in which something waits is served at least so often. */
  readonly starvationMs: number;
}

export function fairQueue<Item>({ limit, starvationMs }: FairQueueOptions): FairQueue<Item> {
  const classes = PRIORITY_CLASSES.map((name) => ({ name, queue: classQueue<Item>() }));
  const of = (name: PriorityClass): ClassQueue<Item> => classes.find((one) => one.name === name)?.queue ?? classQueue();
  const sum = (figure: "length" | "queuedMs"): number => classes.reduce((all, { queue }) => all + queue[figure], 0);

  /** The lowest class that waits, never one above the newcomer's. */
  function victim(entry: Entry<Item>): Entry<Item> {
    for (const { name, queue } of classes.toReversed()) {
      if (name === entry.priority) return queue.longest()?.last ?? entry;
      const longest = queue.longest();
      if (longest !== undefined) return longest.last;
    }
    return entry;
  }

  const isHungry = ({ hungrySince }: ClassQueue<Item>, nowMs: number): boolean => nowMs - hungrySince >= starvationMs;

  return {
    get length() {
      return sum("length");
    },
    get queuedMs() {
      return sum("queuedMs");
    },
    push(entry) {
      of(entry.priority).push(entry);
      if (sum("length") <= limit) return undefined;
      const out = victim(entry);
      of(out.priority).remove(out);
      return out;
    },
    head(nowMs) {
      let hungriest: ClassQueue<Item> | undefined;
      for (const { queue } of classes) {
        if (!isHungry(queue, nowMs)) continue;
        if (hungriest === undefined || queue.hungrySince < hungriest.hungrySince) hungriest = queue;
      }
      return (hungriest ?? classes.find(({ queue }) => queue.length > 0)?.queue)?.head();
    },
    serve(entry, nowMs) {
      of(entry.priority).serve(entry, nowMs);
    },
    yields(entry, nowMs) {
      const queue = of(entry.priority);
      // What has starved waits for a place like any other: it is in front of them all.
      if (entry.priority === "batch") return isHungry(queue, nowMs) ? "some" : "all";
      return queue.isAhead(entry) ? "some" : "none";
    },
    has: (entry) => of(entry.priority).has(entry),
    remove: (entry) => of(entry.priority).remove(entry),
    aheadMs({ tenant, weight, priority }) {
      let ahead = 0;
      for (const { name, queue } of classes) {
        if (name === priority) return ahead + queue.aheadMs(tenant, weight);
        ahead += queue.queuedMs;
      }
      return ahead;
    },
  };
}
