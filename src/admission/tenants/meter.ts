// All counts of one holder of limits (a tenant, a key, a tenant's model): asked first, taken together, settled at the end.
import type { TenantLimits } from "../../config/index.ts";
import { type BudgetWindow, budgetWindow } from "./budget-window.ts";
import { NANO } from "./cost.ts";
import { type Column, RateSums } from "./rate-sums.ts";

export type LimitName = "requests" | "input_tokens" | "output_tokens" | "concurrent" | "budget" | "database";

/** What a request needs, by estimate. */
export interface Ask {
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Billionths. */
  readonly cost: number;
}

export interface Shortage {
  readonly limit: LimitName;
  /** ms until it may fit; Infinity = never as it is. */
  readonly waitMs: number;
  readonly of: number;
  /** Resolves when it is known whether it fits: ask again then. */
  readonly heard?: Promise<void> | undefined;
}

/** The two times: one for rates, which is monotonic, and one for calendars, which is steady. */
export interface Moment {
  readonly now: number;
  readonly epoch: number;
}

/** Names of the columns of a meter's rates. */
export const RATE_LIMITS = ["requests", "input_tokens", "output_tokens"] as const satisfies readonly LimitName[];
const REQUESTS = 0;
const INPUT = 1;
const OUTPUT = 2;
const COLUMNS: readonly Column[] = [REQUESTS, INPUT, OUTPUT];

const CONCURRENT_RETRY_MS = 1000;
const NONE: readonly never[] = [];

/** Requests inside: goes on counting when limits change. */
export interface Inside {
  running: number;
}

/** A class, as `RateSums`: there is one for each key, tenant and model of a tenant. */
export class Meter {
  /** Undefined where no rate is limited. */
  readonly rates: RateSums | undefined;
  readonly budgets: readonly BudgetWindow[];
  readonly inside: Inside;
  /** Counts in its place since limits have changed. */
  successor: Meter | undefined;
  readonly #most: number;

  constructor(limits: TenantLimits, inside: Inside = { running: 0 }) {
    const { requestsPerMinute, inputTokensPerMinute, outputTokensPerMinute, concurrentRequests, budgets = [] } = limits;
    const rates = [requestsPerMinute, inputTokensPerMinute, outputTokensPerMinute];
    this.rates = rates.every((one) => one === undefined) ? undefined : new RateSums(rates);
    this.budgets = budgets.map(({ amount, mode, unit, per }) =>
      budgetWindow({ amount: unit === "money" ? Math.round(amount * NANO) : amount, hard: mode === "hard", unit, per }),
    );
    this.inside = inside;
    this.#most = concurrentRequests ?? Number.POSITIVE_INFINITY;
  }

  /** What counts now. */
  present(): Meter {
    return this.successor?.present() ?? this;
  }

  shortage(ask: Ask, at: Moment): Shortage | undefined {
    if (this.inside.running >= this.#most) return { limit: "concurrent", waitMs: CONCURRENT_RETRY_MS, of: this.#most };
    const { rates } = this;
    if (rates !== undefined) {
      for (const column of COLUMNS) {
        const amount = this.reserved(column, ask);
        if (rates.fits(column, amount, at.now)) continue;
        const waitMs = rates.waitFor(column, amount, at.now);
        return { limit: RATE_LIMITS[column] ?? "requests", waitMs, of: rates.limits[column] ?? 0 };
      }
    }
    for (const budget of this.budgets) {
      const needed = inUnit(budget, ask);
      if (!budget.hard || budget.taken(at.epoch) + needed <= budget.amount) continue;
      const waitMs = needed > budget.amount ? Number.POSITIVE_INFINITY : budget.waitMs(at.epoch);
      return { limit: "budget", waitMs, of: budget.amount };
    }
    return undefined;
  }

  /** A soft budget is used up. */
  beyondSoft({ epoch }: Moment): boolean {
    return this.budgets.some((one) => !one.hard && one.taken(epoch) > one.amount);
  }

  take(ask: Ask, at: Moment): Taken {
    return new Taken(this, ask, at);
  }

  /** An answer may be as long as it is: its estimate never asks for more than there can be. */
  reserved(column: Column, { inputTokens, outputTokens }: Ask): number {
    if (column === REQUESTS) return 1;
    if (column === INPUT) return inputTokens;
    return Math.max(1, Math.min(outputTokens, this.rates?.limits[OUTPUT] ?? 0));
  }
}

/** What one request holds of a meter. */
export class Taken {
  readonly #meter: Meter;
  readonly #ask: Ask;
  /** Output tokens that are reserved. */
  readonly #output: number;
  readonly #second: number;
  /** Of the budgets' windows. */
  readonly #starts: readonly number[];
  #tokens = 0;
  #streamed = 0;
  #over = false;

  constructor(meter: Meter, ask: Ask, { now, epoch }: Moment) {
    const { rates, budgets } = meter;
    meter.inside.running += 1;
    this.#meter = meter;
    this.#ask = ask;
    this.#output = rates === undefined ? 0 : meter.reserved(OUTPUT, ask);
    this.#second = rates?.add([1, ask.inputTokens, this.#output], now) ?? 0;
    this.#starts = budgets.length === 0 ? NONE : budgets.map((one) => one.reserve(inUnit(one, ask), epoch));
  }

  /** An output token was relayed: those beyond the reservation are counted at once. */
  token(moment: () => Moment): void {
    this.#tokens += 1;
    if (this.#tokens <= this.#output) return;
    const { rates } = this.#meter.present();
    if (rates === undefined) return;
    this.#streamed += 1;
    rates.add([0, 0, 1], moment().now);
  }

  settle(used: Ask, { now, epoch }: Moment): void {
    if (this.#over) return;
    this.#over = true;
    const { rates, budgets, inside } = this.#meter;
    const ask = this.#ask;
    inside.running -= 1;
    rates?.correct(this.#second, INPUT, used.inputTokens - ask.inputTokens, now);
    const uncounted = used.outputTokens - this.#output - this.#streamed;
    if (uncounted < 0) rates?.correct(this.#second, OUTPUT, uncounted, now);
    // Of an answer in one piece nothing is known before its end; its first second may have left the minute by then.
    else this.#meter.present().rates?.add([0, 0, uncounted], now);
    for (const [i, start] of this.#starts.entries()) {
      const one = budgets[i];
      one?.settle({ start, reserved: inUnit(one, ask) }, inUnit(one, used), epoch);
    }
    // What began before a reload is paid for after it, too; nothing is reserved for it there.
    for (let heir = this.#meter.successor; heir !== undefined; heir = heir.successor)
      for (const one of heir.budgets) one.settle({ start: Number.NaN, reserved: 0 }, inUnit(one, used), epoch);
  }
}

export function inUnit({ unit }: Pick<BudgetWindow, "unit">, { inputTokens, outputTokens, cost }: Ask): number {
  return unit === "money" ? cost : inputTokens + outputTokens;
}
