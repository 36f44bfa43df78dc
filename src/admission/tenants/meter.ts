// All counts of one holder of limits (a tenant, a key, a tenant's model): asked first, taken together, settled at the end.
import type { TenantLimits } from "../../config/index.ts";
import { type BudgetWindow, budgetWindow } from "./budget-window.ts";
import { NANO } from "./cost.ts";
import { type RateWindow, rateWindow } from "./rate-window.ts";

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
}

/** The two times: one for rates, which is monotonic, and one for calendars, which is steady. */
export interface Moment {
  readonly now: number;
  readonly epoch: number;
}

export interface Meter {
  readonly rates: Readonly<Record<RateName, RateWindow | undefined>>;
  readonly budgets: readonly BudgetWindow[];
  shortage(ask: Ask, at: Moment): Shortage | undefined;
  /** A soft budget is used up. */
  beyondSoft(at: Moment): boolean;
  take(ask: Ask, at: Moment): Taken;
}

export interface Taken {
  /** An output token was relayed: those beyond the reservation are counted at once. */
  token(now: () => number): void;
  settle(used: Ask, at: Moment): void;
}

type RateName = "requests" | "inputTokens" | "outputTokens";
const RATES = [
  ["requests", "requests"],
  ["inputTokens", "input_tokens"],
  ["outputTokens", "output_tokens"],
] as const satisfies readonly (readonly [RateName, LimitName])[];

const CONCURRENT_RETRY_MS = 1000;

/** Requests inside: goes on counting when limits change. */
export interface Inside {
  running: number;
}

export function meter(limits: TenantLimits, inside: Inside = { running: 0 }): Meter {
  const rates = {
    requests: windowFor(limits.requestsPerMinute),
    inputTokens: windowFor(limits.inputTokensPerMinute),
    outputTokens: windowFor(limits.outputTokensPerMinute),
  };
  const most = limits.concurrentRequests;
  const budgets = (limits.budgets ?? []).map(({ amount, mode, unit, per }) =>
    budgetWindow({ amount: unit === "money" ? Math.round(amount * NANO) : amount, hard: mode === "hard", unit, per }),
  );

  function shortage(ask: Ask, at: Moment): Shortage | undefined {
    if (most !== undefined && inside.running >= most)
      return { limit: "concurrent", waitMs: CONCURRENT_RETRY_MS, of: most };
    for (const [name, limit] of RATES) {
      const window = rates[name];
      if (window === undefined) continue;
      const waitMs = window.waitFor(reserved(name, ask, window), at.now);
      if (waitMs > 0) return { limit, waitMs, of: window.limit };
    }
    for (const budget of budgets) {
      if (!budget.hard || budget.taken(at.epoch) + inUnit(budget, ask) <= budget.amount) continue;
      return { limit: "budget", waitMs: budget.waitMs(at.epoch), of: budget.amount };
    }
    return undefined;
  }

  function take(ask: Ask, at: Moment): Taken {
    inside.running += 1;
    const output = rates.outputTokens === undefined ? 0 : reserved("outputTokens", ask, rates.outputTokens);
    rates.requests?.add(1, at.now);
    const inputSlot = rates.inputTokens?.add(ask.inputTokens, at.now) ?? 0;
    const outputSlot = rates.outputTokens?.add(output, at.now) ?? 0;
    const held = budgets.map((one) => ({ start: one.reserve(inUnit(one, ask), at.epoch), reserved: inUnit(one, ask) }));
    let tokens = 0;
    let streamed = 0;
    let over = false;
    return {
      token(now) {
        tokens += 1;
        if (tokens <= output || rates.outputTokens === undefined) return;
        streamed += 1;
        rates.outputTokens.add(1, now());
      },
      settle(used, { now, epoch }) {
        if (over) return;
        over = true;
        inside.running -= 1;
        rates.inputTokens?.correct(inputSlot, used.inputTokens - ask.inputTokens, now);
        rates.outputTokens?.correct(outputSlot, used.outputTokens - output - streamed, now);
        for (const [i, one] of budgets.entries()) {
          const was = held[i];
          if (was !== undefined) one.settle(was, inUnit(one, used), epoch);
        }
      },
    };
  }

  return {
    rates,
    budgets,
    shortage,
    take,
    beyondSoft: ({ epoch }) => budgets.some((one) => !one.hard && one.taken(epoch) > one.amount),
  };
}

function windowFor(limit: number | undefined): RateWindow | undefined {
  return limit === undefined ? undefined : rateWindow(limit);
}

/** An answer may be as long as it is: its estimate never asks for more than there can be. */
function reserved(name: RateName, ask: Ask, { limit }: RateWindow): number {
  const amount = amountOf(name, ask);
  return name === "outputTokens" ? Math.max(1, Math.min(amount, limit)) : amount;
}

function amountOf(name: RateName, { inputTokens, outputTokens }: Ask): number {
  if (name === "requests") return 1;
  return name === "inputTokens" ? inputTokens : outputTokens;
}

export function inUnit({ unit }: Pick<BudgetWindow, "unit">, { inputTokens, outputTokens, cost }: Ask): number {
  return unit === "money" ? cost : inputTokens + outputTokens;
}
