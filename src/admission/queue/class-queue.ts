// The tenants of one class: start-time fair queueing by predicted GPU time, the earliest deadline among those level with each other.
import type { Entry } from "./entry.ts";
import { type Flow, flowOf, insert, take } from "./flow.ts";

export interface ClassQueue<Item> {
  readonly length: number;
  /** Σ of what waits. */
  readonly queuedMs: number;
  push(entry: Entry<Item>): void;
  /** Who is next; stays. */
  head(): Entry<Item> | undefined;
  /** Takes it out and charges its tenant. */
  serve(entry: Entry<Item>, nowMs: number): void;
  has(entry: Entry<Item>): boolean;
  /** Takes it out. False when it was not there. */
  remove(entry: Entry<Item>): boolean;
  /** The tenant with the most waiting for its weight, and what of it comes last. */
  longest(): { readonly flow: Flow<Item>; readonly last: Entry<Item> } | undefined;
  /** What would be served before a new entry of this tenant, in GPU ms. */
  aheadMs(tenant: string, weight: number): number;
  /** Since when nothing of it was served though something waited; Infinity when nothing waits. */
  readonly hungrySince: number;
  /** Another tenant of late has used far less of its share. */
  isAhead(entry: Entry<Item>): boolean;
  /** Those that it remembers. */
  readonly tenants: number;
}

/** Who has used less than its share may go so far ahead for a while: one long prompt of its own does not hold up its next one. */
const CREDIT_MS = 2000;
/** So far ahead of another one's place is far. Who lives on its credit is not: it may be this much apart from others that do. */
const AHEAD_MS = 0.75 * CREDIT_MS;
/** A tenant that was not there for so long needs no place kept free. */
const LATELY_MS = 10_000;
/** Tenants are looked through for those that are gone when there are so many, then at each doubling. */
const REMEMBERED = 64;

/** Tenants whose served time differs by less are level: the earliest deadline decides. */
const LEVEL_MS = 50;

export function classQueue<Item>(): ClassQueue<Item> {
  const flows = new Map<string, Flow<Item>>();
  /** Of the last one served: who comes back after a pause starts near it. */
  let virtualMs = 0;
  let length = 0;
  let queuedMs = 0;
  let hungrySince = Number.POSITIVE_INFINITY;
  let mostFlows = REMEMBERED;

  function leave(flow: Flow<Item>, entry: Entry<Item>): boolean {
    if (!take(flow, entry)) return false;
    length--;
    queuedMs = length === 0 ? 0 : Math.max(0, queuedMs - entry.costMs);
    if (length === 0) hungrySince = Number.POSITIVE_INFINITY;
    return true;
  }

  function active(): Flow<Item>[] {
    return [...flows.values()].filter(({ entries }) => entries.length > 0);
  }

  /** Where its next one would begin. */
  function placeOf(flow: Flow<Item>): number {
    return flow.entries.length > 0 ? flow.virtualMs : Math.max(flow.virtualMs, virtualMs - CREDIT_MS);
  }

  /** Tenants that are gone and owe nothing are forgotten, so that names alone take no memory. */
  function forget(): void {
    for (const [tenant, flow] of flows)
      if (flow.entries.length === 0 && flow.virtualMs <= virtualMs) flows.delete(tenant);
  }

  /** While somebody always waits: who is gone for long owes one request at the most. */
  function forgetBefore(atMs: number): void {
    if (flows.size < mostFlows) return;
    for (const [tenant, flow] of flows) if (flow.entries.length === 0 && flow.seenAt < atMs) flows.delete(tenant);
    mostFlows = Math.max(REMEMBERED, 2 * flows.size);
  }

  function flowFor({ tenant, enteredAt }: Entry<Item>): Flow<Item> {
    let flow = flows.get(tenant);
    if (flow === undefined) {
      forgetBefore(enteredAt - LATELY_MS);
      flows.set(tenant, (flow = flowOf(tenant)));
    }
    flow.virtualMs = placeOf(flow);
    flow.seenAt = enteredAt;
    return flow;
  }

  return {
    get length() {
      return length;
    },
    get queuedMs() {
      return queuedMs;
    },
    get tenants() {
      return flows.size;
    },
    get hungrySince() {
      return hungrySince;
    },
    push(entry) {
      if (length === 0) hungrySince = entry.enteredAt;
      insert(flowFor(entry), entry);
      length++;
      queuedMs += entry.costMs;
    },
    head() {
      const waiting = active();
      const least = waiting.reduce((low, flow) => Math.min(low, flow.virtualMs), Number.POSITIVE_INFINITY);
      const level = waiting.filter((flow) => flow.virtualMs <= least + LEVEL_MS);
      let best: { readonly flow: Flow<Item>; readonly entry: Entry<Item> } | undefined;
      for (const flow of level) {
        const [entry] = flow.entries;
        if (entry === undefined) continue;
        if (best === undefined || isBefore({ flow, entry }, best)) best = { flow, entry };
      }
      return best?.entry;
    },
    serve(entry, nowMs) {
      const flow = flows.get(entry.tenant);
      if (flow === undefined || !leave(flow, entry)) return;
      flow.seenAt = nowMs;
      hungrySince = length === 0 ? Number.POSITIVE_INFINITY : nowMs;
      virtualMs = Math.max(virtualMs, flow.virtualMs);
      flow.virtualMs += entry.costMs / entry.weight;
      if (length === 0) forget();
    },
    has: (entry) => flows.get(entry.tenant)?.entries.includes(entry) === true,
    remove(entry) {
      const flow = flows.get(entry.tenant);
      return flow !== undefined && leave(flow, entry);
    },
    longest() {
      let most: Flow<Item> | undefined;
      for (const flow of active()) if (most === undefined || flow.queuedMs > most.queuedMs) most = flow;
      const last = most?.entries.at(-1);
      return most === undefined || last === undefined ? undefined : { flow: most, last };
    },
    aheadMs(tenant, weight) {
      const own = flows.get(tenant);
      const mine = own?.queuedMs ?? 0;
      const lead = Math.max(0, (own?.virtualMs ?? 0) - virtualMs);
      let ahead = mine * weight;
      for (const flow of active()) {
        if (flow === own) continue;
        // Of others goes before it what brings them level with its own turn.
        ahead += flow.weight * Math.min(flow.queuedMs, mine + lead);
      }
      return ahead;
    },
    isAhead({ tenant, enteredAt }) {
      const own = flows.get(tenant)?.virtualMs ?? 0;
      for (const flow of flows.values())
        if (placeOf(flow) < own - AHEAD_MS && flow.seenAt > enteredAt - LATELY_MS) return true;
      return false;
    },
  };
}

interface Turn {
  readonly flow: Flow<unknown>;
  readonly entry: Entry<unknown>;
}

function isBefore(a: Turn, b: Turn): boolean {
  if (a.entry.deadlineAt !== b.entry.deadlineAt) return a.entry.deadlineAt < b.entry.deadlineAt;
  if (a.flow.virtualMs !== b.flow.virtualMs) return a.flow.virtualMs < b.flow.virtualMs;
  return a.entry.enteredAt < b.entry.enteredAt;
}
