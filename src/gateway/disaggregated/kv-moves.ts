// Whether KV really moves: what decode workers count as transferred, against the legs that were sent to be transferred.
import type { WorkerGauges } from "../../fleet/index.ts";

export interface KvMoves {
  /** A decode leg with parameters has been served. */
  served(worker: string, leg: ServedLeg): void;
  /** What its last scrape tells. */
  look(worker: string, gauges: WorkerGauges | undefined): void;
  /** Served legs, and none of them moved KV: parameters are lost, or the connector does nothing. */
  isStalled(worker: string): boolean;
  forget(worker: string): void;
}

export interface ServedLeg {
  readonly begunAt: number;
  readonly endedAt: number;
}

/** So many legs without a token moved are no coincidence. */
const ENOUGH = 3;

interface Watched {
  tokens: number | undefined;
  /** Of the scrape that showed the count growing. */
  grewAt: number;
  /** Legs begun and served since then: the prompts of earlier ones may be in that count already. */
  waiting: number;
  /** When the last of the first `ENOUGH` of them was served. */
  enoughAt: number | undefined;
  stalled: boolean;
}

/** `onStalled`: once, when it begins. */
export function kvMoves(onStalled: (worker: string) => void = () => undefined): KvMoves {
  const workers = new Map<string, Watched>();
  const watched = (id: string): Watched => {
    let one = workers.get(id);
    if (one === undefined)
      workers.set(
        id,
        (one = { tokens: undefined, grewAt: -Infinity, waiting: 0, enoughAt: undefined, stalled: false }),
      );
    return one;
  };
  return {
    served(id, { begunAt, endedAt }) {
      const one = watched(id);
      if (begunAt <= one.grewAt) return;
      one.waiting += 1;
      if (one.waiting === ENOUGH) one.enoughAt = endedAt;
    },
    look(id, gauges) {
      const tokens = gauges?.externalKvTokens;
      if (gauges === undefined || tokens === undefined) return;
      const one = watched(id);
      const moved = one.tokens === undefined ? tokens > 0 : tokens !== one.tokens;
      one.tokens = tokens;
      if (moved) Object.assign(one, { grewAt: gauges.at, waiting: 0, enoughAt: undefined, stalled: false });
      else if (!one.stalled && one.enoughAt !== undefined && gauges.at > one.enoughAt) {
        one.stalled = true;
        onStalled(id);
      }
    },
    isStalled: (id) => workers.get(id)?.stalled === true,
    forget: (id) => void workers.delete(id),
  };
}
