// The waiting requests of one tenant in one class, the earliest deadline first.
import type { Entry } from "./entry.ts";

export interface Flow<Item> {
  readonly tenant: string;
  readonly entries: Entry<Item>[];
  weight: number;
  /** Served cost ÷ weight, raised to the class's when the tenant comes back. */
  virtualMs: number;
  /** When one of it last came or was served. */
  seenAt: number;
  /** Σ costMs ÷ weight of what waits. */
  queuedMs: number;
}

export function flowOf<Item>(tenant: string): Flow<Item> {
  return { tenant, entries: [], weight: 1, virtualMs: 0, seenAt: 0, queuedMs: 0 };
}

/** After all with the same deadline. */
export function insert<Item>(flow: Flow<Item>, entry: Entry<Item>): void {
  let [low, high] = [0, flow.entries.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((flow.entries[middle]?.deadlineAt ?? 0) <= entry.deadlineAt) low = middle + 1;
    else high = middle;
  }
  flow.entries.splice(low, 0, entry);
  flow.weight = entry.weight;
  flow.queuedMs += entry.costMs / entry.weight;
}

/** False when it was not there. */
export function take<Item>(flow: Flow<Item>, entry: Entry<Item>): boolean {
  const at = flow.entries.indexOf(entry);
  if (at < 0) return false;
  flow.entries.splice(at, 1);
  flow.queuedMs = flow.entries.length === 0 ? 0 : Math.max(0, flow.queuedMs - entry.costMs / entry.weight);
  return true;
}
