// A worker that has just come gets a growing share of requests: its caches are cold and its first steps slow. Pure.
import type { Clock } from "../core/index.ts";

export interface RampingWorker {
  readonly id: string;
  readonly ledger: { readonly load: { readonly prefillRequests: number; readonly decodeRequests: number } };
}

export interface Ramp {
  readonly readyAt: number;
  readonly warmupMs: number;
}

export interface Ramps {
  /** Joined a running fleet; its ramp begins when it is ready. */
  joined(id: string, warmupMs: number | undefined): void;
  ready(id: string): void;
  left(id: string): void;
  of<W extends RampingWorker>(pool: readonly W[]): readonly W[];
}

export function ramps(clock: Clock): Ramps {
  const waiting = new Map<string, number>();
  const running = new Map<string, Ramp>();
  return {
    joined(id, warmupMs = 0) {
      if (warmupMs > 0) waiting.set(id, warmupMs);
    },
    ready(id) {
      const warmupMs = waiting.get(id);
      if (warmupMs === undefined) return;
      waiting.delete(id);
      running.set(id, { readyAt: clock.now(), warmupMs });
      clock.after(warmupMs, () => void running.delete(id));
    },
    left(id) {
      waiting.delete(id);
      running.delete(id);
    },
    of: (pool) => (running.size === 0 ? pool : rampedUp(pool, running, clock.now())),
  };
}

/**
 * Without those that run as much as they may by now: of what the others run on average, the share of the time that has
 * passed, at least one request. With nothing but ramping ones all stay.
 */
export function rampedUp<W extends RampingWorker>(
  pool: readonly W[],
  ramps: ReadonlyMap<string, Ramp>,
  now: number,
): readonly W[] {
  const settled = pool.filter(({ id }) => shareOf(ramps.get(id), now) === 1);
  if (settled.length === 0 || settled.length === pool.length) return pool;
  const mean = settled.reduce((sum, one) => sum + runningOn(one), 0) / settled.length;
  return pool.filter((one) => {
    const share = shareOf(ramps.get(one.id), now);
    return share === 1 || runningOn(one) < Math.max(1, share * mean);
  });
}

/** 0 to 1. */
function shareOf(ramp: Ramp | undefined, now: number): number {
  return ramp === undefined ? 1 : Math.min(1, (now - ramp.readyAt) / ramp.warmupMs);
}

function runningOn({ ledger: { load } }: RampingWorker): number {
  return load.prefillRequests + load.decodeRequests;
}
