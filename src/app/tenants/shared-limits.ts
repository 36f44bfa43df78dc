// Limits that several gateways share: each spends slices on credit and tells the database; beyond a slice it asks first.
import { type Ask, inUnit, type NamedMeter, type QuotaShare, RATE_LIMITS, steadyEpoch } from "../../admission/index.ts";
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
  /** A reload may change it. */
  limit: number;
  readonly hard: boolean;
  readonly limitName: "requests" | "input_tokens" | "output_tokens" | "budget";
  /** Where the database does not count it yet: what the ledger knows. */
  readonly seed: number;
  /** All gateways together, when last told. */
  known: number;
  /** Here, not told yet. */
  unsynced: number;
  /** A request was refused by what is known: others may have given back since. */
  doubted: boolean;
}

function idOf({ name, window }: Pick<Counter, "name" | "window">): string {
  return `${name}@${window}`;
}

function sliceOf({ limit }: Counter): number {
  return Math.max(1, limit * SLICE);
}

/** What a request holds of a counter. */
interface Held {
  readonly of: NamedMeter;
  readonly counter: Counter;
  readonly amount: number;
  /** Beyond it, counted as it ran. */
  streamed: number;
}

/** Overshoot of a limit ≤ one slice (or one request, if that is more) of each gateway. */
export function sharedLimits(parts: SharedLimitsParts): SharedLimits {
  const { store, clock, log } = parts;
  // As the meters have it: a wall clock that jumps begins no other window.
  const epoch = steadyEpoch(clock);
  const counters = new Map<string, Counter>();
  let { whenDown } = parts;
  let down = false;
  let timer: Timer | undefined;
  let syncing: Promise<void> | undefined;
  let closed = false;

  function countersOf({ scope, name, meter }: NamedMeter): readonly Counter[] {
    const now = epoch();
    const minute = Math.floor(now / MINUTE_MS) * MINUTE_MS;
    const found: Counter[] = [];
    for (const [column, limitName] of RATE_LIMITS.entries()) {
      const limit = meter.rates?.limits[column] ?? Number.POSITIVE_INFINITY;
      if (limit === Number.POSITIVE_INFINITY) continue;
      const about = { window: minute, endsAt: minute + MINUTE_MS, limit, hard: true, limitName, seed: 0 };
      found.push(counter(`${scope}/${name}/${limitName}`, about));
    }
    for (const budget of meter.budgets) {
      const endsAt = now + budget.waitMs(now);
      const window = Math.round(endsAt);
      const { amount: limit, hard, loaded: seed, unit, per } = budget;
      const about = { window, endsAt, limit, hard, limitName: "budget" as const, seed };
      found.push(counter(`${scope}/${name}/${unit}/${per}`, about));
    }
    return found;
  }

  function counter(name: string, about: Omit<Counter, "name" | "known" | "unsynced" | "doubted">): Counter {
    const id = idOf({ name, window: about.window });
    let found = counters.get(id);
    if (found === undefined)
      counters.set(id, (found = { ...about, name, known: about.seed, unsynced: 0, doubted: false }));
    found.limit = about.limit;
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
    for (const [id, one] of counters) if (one.unsynced === 0 && one.endsAt + KEEP_MS < epoch()) counters.delete(id);
    const told = [...counters.values()].filter(({ unsynced, doubted }) => unsynced !== 0 || doubted);
    const spent = told.map(({ name, window, unsynced, seed }) => ({ name, window, by: unsynced, seed }));
    try {
      const values = await store.count(spent);
      for (const [i, one] of told.entries()) {
        one.unsynced -= spent[i]?.by ?? 0;
        one.known = values[i] ?? one.known;
        one.doubted = false;
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

  /** In the window in which it was reserved; what comes out in a later one is counted there. Returns what has changed. */
  function settle(one: Held, used: Ask): Counter | undefined {
    const { counter: before, amount, streamed } = one;
    const actual = amountFor(before, used);
    const isOver = before.endsAt <= epoch();
    const after = presentOf(one);
    if (after === undefined) return undefined;
    const more = isOver && before.limitName === "budget" ? actual : actual - amount - streamed;
    after.unsynced += isOver ? Math.max(0, more) : more;
    return after;
  }

  function stream(one: Held): Counter | undefined {
    const present = presentOf(one);
    one.streamed += 1;
    if (present !== undefined) present.unsynced += 1;
    return present;
  }

  /** Of the window that runs, by the limits in force now. */
  function presentOf({ of, counter: before }: Held): Counter | undefined {
    if (before.endsAt > epoch()) return before;
    return countersOf({ ...of, meter: of.meter.present() }).find(({ name }) => name === before.name);
  }

  /** An answer may be as long as it is: its estimate never asks for more than there can be. */
  function reservedOf(of: Counter, ask: Ask): number {
    const amount = amountFor(of, ask);
    return of.limitName === "output_tokens" ? Math.min(amount, of.limit) : amount;
  }

  /** The next slice is asked for before this one is spent. */
  function tellSoon(changed: readonly (Counter | undefined)[]): void {
    const half = changed.some((one) => one !== undefined && one.unsynced * 2 >= sliceOf(one));
    if (half && !down && !closed) void sync();
    else plan();
  }

  return {
    shortage(meters, ask) {
      for (const one of meters) {
        for (const each of countersOf(one)) {
          if (!each.hard) continue;
          const amount = amountFor(each, ask);
          const spent = each.known + each.unsynced;
          const waitMs = Math.max(1, each.endsAt - epoch());
          if (spent + Math.min(amount, each.limit) > each.limit) {
            each.doubted = true;
            plan();
            return { scope: one.scope, limit: each.limitName, of: each.limit, waitMs };
          }
          const slice = sliceOf(each);
          if (each.unsynced <= 0 || each.unsynced + amount <= slice) continue;
          if (!down) return { scope: one.scope, limit: each.limitName, of: each.limit, waitMs: SYNC_MS, heard: sync() };
          plan();
          if (whenDown === "open") continue;
          return { scope: one.scope, limit: "database", of: each.limit, waitMs: SYNC_MS };
        }
      }
      return undefined;
    },
    left(of, column) {
      const found = countersOf(of).find(({ limitName }) => limitName === RATE_LIMITS[column]);
      return found && found.limit - found.known - found.unsynced;
    },
    take(meters, ask) {
      const held = meters.flatMap((of) =>
        countersOf(of).map((each): Held => {
          const amount = reservedOf(each, ask);
          each.unsynced += amount;
          return { of, counter: each, amount, streamed: 0 };
        }),
      );
      tellSoon(held.map((one) => one.counter));
      const outputs = held.filter(({ counter: { limitName } }) => limitName === "output_tokens");
      let tokens = 0;
      return {
        token() {
          tokens += 1;
          const beyond = outputs.filter(({ amount }) => tokens > amount);
          if (beyond.length > 0) tellSoon(beyond.map(stream));
        },
        settle: (used) => tellSoon(held.map((one) => settle(one, used))),
      };
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
