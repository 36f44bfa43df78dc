// Limits that several gateways share: each spends slices on credit and tells the database; beyond a slice it asks first.
import { type Ask, inUnit, type NamedMeter, type QuotaShare, RATE_LIMITS } from "../../admission/index.ts";
import { type Clock, toError, type Timer } from "../../core/index.ts";
import type { TenantStore } from "../../state/index.ts";
import type { Log } from "../../telemetry/index.ts";

export interface SharedLimits extends QuotaShare {
  renew(whenDown: "open" | "closed"): void;
  close(): Promise<void>;
}

export interface SharedLimitsParts {
  readonly store: Pick<TenantStore, "count">;
  readonly clock: Clock;
  readonly log: Log;
  readonly whenDown: "open" | "closed";
}

/** Of a limit: what a gateway may spend before the database has heard of it. */
const SLICE = 1 / 10;
const SYNC_MS = 100;
const MINUTE_MS = 60_000;
/** Counters of windows that ended. */
const KEEP_MS = 2 * MINUTE_MS;

interface Counter {
  readonly name: string;
  readonly window: number;
  readonly endsAt: number;
  readonly limit: number;
  readonly hard: boolean;
  readonly limitName: "requests" | "input_tokens" | "output_tokens" | "budget";
  /** All gateways together, when last told. */
  known: number;
  /** Here, not told yet. */
  unsynced: number;
}

function sliceOf({ limit }: Counter): number {
  return Math.max(1, limit * SLICE);
}

/** Overshoot of a limit ≤ one slice (or one request, if that is more) of each gateway. */
export function sharedLimits(parts: SharedLimitsParts): SharedLimits {
  const { store, clock, log } = parts;
  const counters = new Map<string, Counter>();
  let { whenDown } = parts;
  let down = false;
  let timer: Timer | undefined;
  let syncing: Promise<void> | undefined;
  let closed = false;

  function countersOf({ scope, name, meter }: NamedMeter): readonly Counter[] {
    const now = clock.epoch();
    const minute = Math.floor(now / MINUTE_MS) * MINUTE_MS;
    const found: Counter[] = [];
    for (const [column, limitName] of RATE_LIMITS.entries()) {
      const limit = meter.rates?.limits[column] ?? Number.POSITIVE_INFINITY;
      if (limit === Number.POSITIVE_INFINITY) continue;
      const about = { window: minute, endsAt: minute + MINUTE_MS, limit, hard: true, limitName };
      found.push(counter(`${scope}/${name}/${limitName}`, about));
    }
    for (const budget of meter.budgets) {
      const endsAt = now + budget.waitMs(now);
      const window = Math.round(endsAt);
      const about = { window, endsAt, limit: budget.amount, hard: budget.hard, limitName: "budget" as const };
      found.push(counter(`${scope}/${name}/${budget.unit}/${budget.per}`, about));
    }
    return found;
  }

  function counter(name: string, about: Omit<Counter, "name" | "known" | "unsynced">): Counter {
    const id = `${name}@${about.window}`;
    let found = counters.get(id);
    if (found === undefined || found.limit !== about.limit) {
      found = { ...about, name, known: found?.known ?? 0, unsynced: found?.unsynced ?? 0 };
      counters.set(id, found);
    }
    return found;
  }

  function amountFor({ limitName, name }: Counter, ask: Ask): number {
    if (limitName === "requests") return 1;
    if (limitName === "input_tokens") return ask.inputTokens;
    if (limitName === "output_tokens") return ask.outputTokens;
    return inUnit({ unit: name.includes("/money/") ? "money" : "tokens" }, ask);
  }

  function sync(): Promise<void> {
    syncing ??= tell().finally(() => {
      syncing = undefined;
      if ([...counters.values()].some(({ unsynced }) => unsynced !== 0)) plan();
    });
    return syncing;
  }

  async function tell(): Promise<void> {
    for (const [id, one] of counters)
      if (one.unsynced === 0 && one.endsAt + KEEP_MS < clock.epoch()) counters.delete(id);
    const told = [...counters.values()].filter(({ unsynced }) => unsynced !== 0);
    const spent = told.map(({ name, window, unsynced }) => ({ name, window, by: unsynced }));
    try {
      const values = await store.count(spent);
      for (const [i, one] of told.entries()) {
        one.unsynced -= spent[i]?.by ?? 0;
        one.known = values[i] ?? one.known;
      }
      if (down) log.info({}, "limits are shared again");
      down = false;
    } catch (thrown) {
      if (!down)
        log.error(
          { error: toError(thrown).message, whenDown },
          "limits cannot be shared: the database does not answer",
        );
      down = true;
    }
  }

  function plan(): void {
    if (closed) return;
    timer ??= clock.after(SYNC_MS, () => {
      timer = undefined;
      void sync();
    });
  }

  return {
    shortage(meters, ask) {
      for (const one of meters) {
        for (const each of countersOf(one)) {
          if (!each.hard) continue;
          const amount = amountFor(each, ask);
          const spent = each.known + each.unsynced;
          const waitMs = Math.max(1, each.endsAt - clock.epoch());
          if (spent + Math.min(amount, each.limit) > each.limit) {
            return { scope: one.scope, limit: each.limitName, of: each.limit, waitMs };
          }
          const slice = sliceOf(each);
          if (each.unsynced === 0 || each.unsynced + amount <= slice) continue;
          plan();
          if (down && whenDown === "open") continue;
          if (down) return { scope: one.scope, limit: "database", of: each.limit, waitMs: SYNC_MS };
          return { scope: one.scope, limit: each.limitName, of: each.limit, waitMs: SYNC_MS };
        }
      }
      return undefined;
    },
    spent(meters, ask, requests) {
      let half = false;
      for (const one of meters) {
        for (const each of countersOf(one)) {
          each.unsynced += each.limitName === "requests" ? requests : amountFor(each, ask);
          half ||= each.unsynced * 2 >= sliceOf(each);
        }
      }
      // The next slice is asked for before this one is spent.
      if (half && !down && !closed) void sync();
      else plan();
    },
    renew(next) {
      whenDown = next;
    },
    async close() {
      closed = true;
      timer?.cancel();
      await sync();
    },
  };
}
