// A worker that has just come gets a growing share of requests: its caches are cold and its first steps slow. Pure.

export interface RampingWorker {
  readonly id: string;
  readonly ledger: { readonly load: { readonly prefillRequests: number; readonly decodeRequests: number } };
}

export interface Ramp {
  readonly readyAt: number;
  readonly warmupMs: number;
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
