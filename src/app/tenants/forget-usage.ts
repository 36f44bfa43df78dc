// Keeps the ledger from growing for ever: old rows go, a few at a time, and leave the sums of their day, off the request path.
import { type Clock, toError, type Timer } from "../../core/index.ts";
import type { TenantStore } from "../../state/index.ts";
import type { Log } from "../../telemetry/index.ts";

export interface Keeping {
  /** Rows of single requests. */
  readonly keepDays: number;
  /** Sums of days, by tenant, key and model. */
  readonly keepSumsDays: number;
}

export interface ForgetParts {
  readonly store: Pick<TenantStore, "forget">;
  readonly clock: Clock;
  readonly log: Log;
  readonly keeping: () => Keeping;
}

const DAY_MS = 86_400_000;
const LOOK_EVERY_MS = 3_600_000;
/** Between two portions. */
const PAUSE_MS = 100;
/** Counters of shared limits; their windows ended long before. */
const KEEP_COUNTS_MS = 2 * DAY_MS;

/** Looks at once, then each hour. A store that fails is asked again at the next look. */
export function forgetUsage({ store, clock, log, keeping }: ForgetParts): { close(): void } {
  let timer: Timer | undefined;
  let closed = false;

  async function look(): Promise<boolean> {
    const now = clock.epoch();
    const { keepDays, keepSumsDays } = keeping();
    const gone = await store.forget({
      rowsBefore: dayOf(now - keepDays * DAY_MS),
      sumsBefore: dayOf(now - Math.max(keepDays, keepSumsDays) * DAY_MS),
      countsBefore: now - KEEP_COUNTS_MS,
    });
    return gone > 0;
  }

  function plan(delayMs: number): void {
    if (closed) return;
    timer = clock.after(delayMs, () => {
      look().then(
        (more) => plan(more ? PAUSE_MS : LOOK_EVERY_MS),
        (thrown: unknown) => {
          if (closed) return;
          log.warn({ error: toError(thrown).message }, "old rows of the ledger stay: the database does not answer");
          plan(LOOK_EVERY_MS);
        },
      );
    });
  }

  plan(PAUSE_MS);
  return {
    close() {
      closed = true;
      timer?.cancel();
    },
  };
}

/** Whole days go, so that a day is never half rows and half sums for long. */
function dayOf(epoch: number): number {
  return Math.floor(epoch / DAY_MS) * DAY_MS;
}
