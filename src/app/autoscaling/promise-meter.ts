// Which objectives the requests of late carried: those of their tenants, else the deployment's.
import type { Latency } from "../../autoscaling/index.ts";
import type { Clock } from "../../core/index.ts";
import type { Client } from "../../gateway/index.ts";

export interface PromiseMeter {
  came(own: Client["slo"]): void;
  /** What counts for the pool, `stated` being the deployment's; undefined while no request had an objective of its tenant's own. */
  promised(stated: Latency): Latency | undefined;
}

/** What fewer requests than this share carry does not size the pool. */
export const LEAST_SHARE = 0.05;
/** A request of so long ago counts as 1 / e of a new one. */
const MEMORY_MS = 300_000;
/** Counts are aged no more often. */
const AGE_EVERY_MS = 1000;
/** Less is forgotten. */
const LEAST_COUNT = 0.01;

/** Requests by objective; STATED = the deployment's. */
type Counts = Map<number, number>;
const STATED = -1;

export function promiseMeter(clock: Clock): PromiseMeter {
  const ttft: Counts = new Map();
  const itl: Counts = new Map();
  let agedAt = clock.now();

  function age(): void {
    const ms = clock.now() - agedAt;
    if (ms < AGE_EVERY_MS) return;
    agedAt = clock.now();
    for (const counts of [ttft, itl])
      for (const [value, count] of counts) {
        const left = count * Math.exp(-ms / MEMORY_MS);
        if (left < LEAST_COUNT) counts.delete(value);
        else counts.set(value, left);
      }
  }

  return {
    came(own) {
      age();
      count(ttft, own?.ttftP99Ms);
      count(itl, own?.itlP99Ms);
    },
    promised(stated) {
      age();
      if (![...ttft.keys(), ...itl.keys()].some((value) => value !== STATED)) return undefined;
      return { ttftP99Ms: tightest(ttft, stated.ttftP99Ms), itlP99Ms: tightest(itl, stated.itlP99Ms) };
    },
  };
}

function count(counts: Counts, own = STATED): void {
  counts.set(own, (counts.get(own) ?? 0) + 1);
}

/** The tightest one that, with all that are tighter, `LEAST_SHARE` of the requests carry. */
function tightest(counts: Counts, stated: number): number {
  const carried = [...counts].map(([value, of]) => ({ limit: value === STATED ? stated : value, of }));
  const total = carried.reduce((sum, { of }) => sum + of, 0);
  let sum = 0;
  for (const { limit, of } of carried.toSorted((a, b) => (a.limit === b.limit ? 0 : a.limit - b.limit))) {
    sum += of;
    if (sum >= LEAST_SHARE * total) return limit;
  }
  return stated;
}
