// The mean gaps between tokens that are promised to the requests at each worker, for choices that would lengthen them.

export interface PromisedGaps {
  begin(worker: string, itlMs: number): void;
  /** Once for each `begin`. */
  end(worker: string, itlMs: number): void;
  /** Undefined when nothing is promised to anybody there. */
  tightest(worker: string): number | undefined;
}

interface Gaps {
  /** Requests by what they are promised: a handful of values. */
  readonly counts: Map<number, number>;
  tightest: number;
}

export function promisedGaps(): PromisedGaps {
  const byWorker = new Map<string, Gaps>();
  return {
    begin(worker, itlMs) {
      let gaps = byWorker.get(worker);
      if (gaps === undefined) byWorker.set(worker, (gaps = { counts: new Map(), tightest: itlMs }));
      gaps.counts.set(itlMs, (gaps.counts.get(itlMs) ?? 0) + 1);
      gaps.tightest = Math.min(gaps.tightest, itlMs);
    },
    end(worker, itlMs) {
      const gaps = byWorker.get(worker);
      const count = gaps?.counts.get(itlMs);
      if (gaps === undefined || count === undefined) return;
      if (count > 1) return void gaps.counts.set(itlMs, count - 1);
      gaps.counts.delete(itlMs);
      if (gaps.counts.size === 0) byWorker.delete(worker);
      else if (gaps.tightest === itlMs) gaps.tightest = Math.min(...gaps.counts.keys());
    },
    tightest: (worker) => byWorker.get(worker)?.tightest,
  };
}
