// The quotas of all tenants: one admission, all or nothing, over the meters of tenant, key and model.
import type { TenantConfig, TenantDefaults, TenantsConfig } from "../../config/index.ts";
import type { Clock } from "../../core/index.ts";
import { type BudgetWindow, windowOf } from "./budget-window.ts";
import { costOf, type TokenCounts } from "./cost.ts";
import { type Ask, type Inside, Meter, type Moment, type Shortage, type Taken } from "./meter.ts";
import type { Column } from "./rate-sums.ts";
import { steadyEpoch } from "./steady-epoch.ts";

/** Who asks again and again: its meters are looked up once. */
export interface QuotaHolder {
  model: string | undefined;
  meters: readonly NamedMeter[];
  generation: number;
}

export interface QuotaQuestion {
  readonly holder?: QuotaHolder;
  readonly tenant: string;
  readonly keyId: string | undefined;
  /** The name that its workers serve. */
  readonly model: string;
  readonly inputTokens: number;
  /** By estimate, or as the client limited it. */
  readonly outputTokens: number;
}

export interface Grant {
  /** Fewest left of any meter; undefined where there is no limit. */
  readonly left: Readonly<Record<"requests" | "tokens", Left | undefined>>;
  readonly beyondSoft: boolean;
  /** Each output token as it is relayed. */
  token(): void;
  /** Once; the cost in billionths. */
  settle(used: TokenCounts): number;
}

export interface Left {
  readonly limit: number;
  readonly remaining: number;
  readonly resetMs: number;
}

export type Denied = Shortage & { readonly scope: "tenant" | "key" | "model" };

export interface PastUse extends TokenCounts {
  readonly tenant: string;
  readonly keyId: string | undefined;
  readonly model: string;
  readonly cost: number;
  /** Start of the UTC day. */
  readonly day: number;
}

export interface Quotas {
  /** For the questions of one tenant and key. */
  holder(): QuotaHolder;
  admit(question: QuotaQuestion): Grant | Denied;
  settings(tenant: string): TenantDefaults;
  /** Of tenants that have asked: used and reserved ÷ amount. */
  budgets(): readonly BudgetShare[];
  /** Limits from now on, with what the ledger knows of this month, where it answers; counts of the last minute go on. */
  renew(config: TenantsConfig, past: readonly PastUse[] | undefined): void;
}

export interface BudgetShare {
  readonly tenant: string;
  readonly unit: "tokens" | "money";
  readonly per: "day" | "month";
  readonly mode: "soft" | "hard";
  readonly used: number;
}

export interface QuotaShare {
  /** Undefined = this gateway alone counts. Asked after the own meters. */
  shortage(meters: readonly NamedMeter[], ask: Ask): (Shortage & { readonly scope: NamedMeter["scope"] }) | undefined;
  /** What all gateways together have left of a rate, as far as this one knows; undefined = it has not heard. */
  left(of: NamedMeter, column: Column): number | undefined;
  /** Others hear of what is reserved, too. */
  take(meters: readonly NamedMeter[], ask: Ask): ShareTaken;
}

export interface ShareTaken {
  /** An output token was relayed: those beyond the reservation are told while the stream runs. */
  token(): void;
  /** Once. */
  settle(used: Ask): void;
}

export interface NamedMeter {
  readonly scope: "tenant" | "key" | "model";
  readonly name: string;
  readonly meter: Meter;
}

interface Kept extends NamedMeter {
  readonly limits: TenantConfig["limits"];
  readonly inside: Inside;
}

export interface QuotaOptions {
  readonly config: TenantsConfig;
  readonly clock: Pick<Clock, "now" | "epoch">;
  /** What the ledger knows of this month. */
  readonly past?: readonly PastUse[];
  readonly share?: QuotaShare | undefined;
}

const MAX_METERS = 200_000;

export function quotas({ config: first, clock, share, past: known = [] }: QuotaOptions): Quotas {
  const epoch = steadyEpoch(clock);
  const meters = new Map<string, Kept>();
  /** Another one when meters may have been replaced. */
  let generation = 0;
  let config = first;
  let byName = namesOf(config);
  let past = known;
  const moment = (): Moment => ({ now: clock.now(), epoch: epoch() });
  const settings = (tenant: string): TenantDefaults => byName.get(tenant) ?? config.defaults;

  function named(scope: NamedMeter["scope"], name: string, limits: TenantConfig["limits"]): NamedMeter {
    const id = `${scope}/${name}`;
    const kept = meters.get(id);
    if (kept !== undefined && kept.limits === limits) return kept;
    if (kept !== undefined) return changed(kept, limits);
    if (meters.size >= MAX_METERS) {
      meters.delete(meters.keys().next().value ?? "");
      generation += 1;
    }
    const inside: Inside = { running: 0 };
    const made: Kept = { scope, name, limits, inside, meter: new Meter(limits, inside) };
    meters.set(id, made);
    loadInto(made);
    return made;
  }

  function changed(kept: Kept, limits: TenantConfig["limits"]): Kept {
    const next: Kept = { ...kept, limits, meter: new Meter(limits, kept.inside) };
    const now = clock.now();
    const used = (column: Column): number => kept.meter.rates?.used(column, now) ?? 0;
    next.meter.rates?.add([used(0), used(1), used(2)], now);
    meters.set(`${kept.scope}/${kept.name}`, next);
    loadInto(next, kept.meter);
    kept.meter.successor = next.meter;
    return next;
  }

  /** What the ledger knew at the last reload, or what was counted here, whichever is more: the ledger may know of others, too. */
  function loadInto(of: Kept, before?: Meter): void {
    const at = epoch();
    for (const budget of of.meter.budgets) {
      const [start] = windowOf(budget.per, at);
      let known = 0;
      for (const one of past) {
        if (one.day < start || nameOf(of.scope, one) !== of.name) continue;
        known += budget.unit === "money" ? one.cost : one.inputTokens + one.outputTokens;
      }
      const same = before?.budgets.find(({ unit, per }) => unit === budget.unit && per === budget.per);
      budget.taken(at);
      budget.load(start, Math.max(known, same?.used(at) ?? 0));
    }
  }

  function metersOf(question: QuotaQuestion): readonly NamedMeter[] {
    const { holder, model } = question;
    if (holder === undefined) return resolve(question);
    if (holder.model !== model || holder.generation !== generation) {
      holder.meters = resolve(question);
      holder.model = model;
      holder.generation = generation;
    }
    return holder.meters;
  }

  function resolve({ tenant, keyId, model }: QuotaQuestion): NamedMeter[] {
    const { limits, keyLimits, models } = settings(tenant);
    const all = [named("tenant", tenant, limits)];
    if (keyId !== undefined && Object.keys(keyLimits).length > 0) all.push(named("key", keyId, keyLimits));
    const ofModel = models[model];
    if (ofModel !== undefined) all.push(named("model", `${tenant}/${model}`, ofModel));
    return all;
  }

  return {
    settings,
    holder: () => ({ model: undefined, meters: [], generation: -1 }),
    budgets() {
      const at = epoch();
      return [...meters.values()].flatMap(({ scope, name, meter: { budgets } }) =>
        scope === "tenant" ? budgets.map((one) => shareOf(name, one, at)) : [],
      );
    },
    admit(question) {
      const price = config.prices[question.model];
      const at = moment();
      const { inputTokens } = question;
      // A client may write any number: -1 gives nothing back, and the largest takes no more than there can be.
      const outputTokens = Math.min(Math.max(0, question.outputTokens), Number.MAX_SAFE_INTEGER);
      const cost = costOf(price, { inputTokens, cachedTokens: 0, outputTokens });
      const ask: Ask = { inputTokens, outputTokens, cost };
      const all = metersOf(question);
      for (const one of all) {
        const short = one.meter.shortage(ask, at);
        if (short !== undefined) return { ...short, scope: one.scope };
      }
      const shared = share?.shortage(all, ask);
      if (shared !== undefined) return shared;
      const taken = all.map((one) => one.meter.take(ask, at));
      return new Granted({ all, taken, moment, price, share, shared: share?.take(all, ask) }, at);
    },
    renew(next, more) {
      config = next;
      byName = namesOf(next);
      past = more ?? past;
      generation += 1;
    },
  };
}

function shareOf(tenant: string, budget: BudgetWindow, epoch: number): BudgetShare {
  const { unit, per, hard, amount } = budget;
  return { tenant, unit, per, mode: hard ? "hard" : "soft", used: budget.taken(epoch) / amount };
}

function namesOf(config: TenantsConfig): Map<string, TenantConfig> {
  return new Map(config.tenants.map((one) => [one.name, one]));
}

function nameOf(scope: NamedMeter["scope"], { tenant, keyId, model }: PastUse): string | undefined {
  if (scope === "tenant") return tenant;
  return scope === "key" ? keyId : `${tenant}/${model}`;
}

interface Granting {
  readonly all: readonly NamedMeter[];
  readonly taken: readonly Taken[];
  readonly moment: () => Moment;
  readonly price: TenantsConfig["prices"][string] | undefined;
  readonly share: QuotaShare | undefined;
  readonly shared: ShareTaken | undefined;
}

/** A class: one for each request. */
class Granted implements Grant {
  readonly left: Grant["left"];
  readonly beyondSoft: boolean;
  readonly #of: Granting;

  constructor(of: Granting, at: Moment) {
    this.left = { requests: fewest(of, 0, at), tokens: fewest(of, 1, at) };
    this.beyondSoft = of.all.some(({ meter }) => meter.beyondSoft(at));
    this.#of = of;
  }

  token(): void {
    const { taken, moment, shared } = this.#of;
    for (const one of taken) one.token(moment);
    shared?.token();
  }

  settle(used: TokenCounts): number {
    const { taken, moment, price, shared } = this.#of;
    const cost = costOf(price, used);
    const now = moment();
    const actual: Ask = { inputTokens: used.inputTokens, outputTokens: used.outputTokens, cost };
    for (const one of taken) one.settle(actual, now);
    shared?.settle(actual);
    return cost;
  }
}

function fewest({ all, share }: Granting, column: Column, { now }: Moment): Left | undefined {
  let least: Left | undefined;
  for (const one of all) {
    const { rates } = one.meter;
    const limit = rates?.limits[column] ?? Number.POSITIVE_INFINITY;
    if (rates === undefined || limit === Number.POSITIVE_INFINITY) continue;
    const here = limit - rates.used(column, now);
    const remaining = Math.max(0, share === undefined ? here : Math.min(here, share.left(one, column) ?? here));
    if (least !== undefined && least.remaining <= remaining) continue;
    least = { limit, remaining, resetMs: rates.resetMs(column, now) };
  }
  return least;
}
