// What the clients of other gateways ask of workers that all gateways use: each tells it, the leader counts all of it.
import type { Demand, Latency } from "../../autoscaling/index.ts";
import type { Cluster } from "../../cluster/index.ts";
import { LEAST_SHARE } from "./promise-meter.ts";

/** Of one pool, by one gateway. */
export interface ToldDemand {
  /** Undefined = not known yet. */
  readonly demand: Demand | undefined;
  /** Requests that wait in the gateway. */
  readonly queued: number;
  /** To its requests; undefined = what the deployment states. */
  readonly promised?: Latency | undefined;
}

export interface SharedDemand {
  tell(pools: Readonly<Record<string, ToldDemand>>): void;
  /** Of the other gateways. */
  of(pool: string): readonly ToldDemand[];
}

const NAME = "demand";

/** Without a cluster nobody else is there. */
export function sharedDemand(cluster: Pick<Cluster, "reports" | "status"> | undefined): SharedDemand {
  return {
    tell: (pools) => cluster?.reports.set(NAME, JSON.stringify(pools)),
    of(pool) {
      if (cluster === undefined) return [];
      const { id } = cluster.status();
      const others = [...cluster.reports.of(NAME)].filter(([gateway]) => gateway !== id);
      return others.flatMap(([, text]) => toldOf(text, pool) ?? []);
    },
  };
}

/** Rates add up, lengths count by them. Undefined while the own part is not known; another gateway's unknown part is left out. */
export function together(own: Demand | undefined, others: readonly ToldDemand[]): Demand | undefined {
  if (own === undefined) return undefined;
  const busy = [own, ...others.flatMap(({ demand }) => demand ?? [])].filter((one) => one.requestsPerSecond > 0);
  const requestsPerSecond = busy.reduce((sum, one) => sum + one.requestsPerSecond, 0);
  if (busy.length === 0) return own;
  const mean = (of: (one: Demand) => number): number =>
    busy.reduce((sum, one) => sum + of(one) * one.requestsPerSecond, 0) / requestsPerSecond;
  return {
    requestsPerSecond,
    promptTokens: mean((one) => one.promptTokens),
    cachedTokens: mean((one) => one.cachedTokens),
    outputTokens: mean((one) => one.outputTokens),
    // Of this gateway's clients: the shape of the lengths differs less than their means.
    ...(own.answerShape && { answerShape: own.answerShape }),
    ...(own.wholeShare !== undefined && { wholeShare: mean((one) => one.wholeShare ?? 0) }),
  };
}

/** The tightest of what gateways with a share of the requests have promised; undefined when all of it is as stated. */
export function promisedBy(gateways: readonly ToldDemand[], stated: Latency): Latency | undefined {
  const rate = ({ demand }: ToldDemand): number => demand?.requestsPerSecond ?? 0;
  const total = gateways.reduce((sum, one) => sum + rate(one), 0);
  const busy = gateways.filter((one) => rate(one) >= LEAST_SHARE * total);
  if (busy.every(({ promised }) => promised === undefined)) return undefined;
  const least = (of: keyof Latency): number => Math.min(...busy.map(({ promised = stated }) => promised[of]));
  return { ttftP99Ms: least("ttftP99Ms"), itlP99Ms: least("itlP99Ms") };
}

const FIGURES = ["requestsPerSecond", "promptTokens", "cachedTokens", "outputTokens"] as const;

/** Undefined when a gateway of another version means something else. */
function toldOf(text: string, pool: string): ToldDemand | undefined {
  try {
    const told = (JSON.parse(text) as Record<string, Partial<ToldDemand> | undefined>)[pool];
    if (told === undefined || !isCount(told.queued)) return undefined;
    const { demand } = told;
    const isKnown = demand !== undefined && FIGURES.every((one) => isCount(demand[one]));
    const promised = limitsOf(told.promised);
    return { demand: isKnown ? demand : undefined, queued: told.queued, ...(promised && { promised }) };
  } catch {
    return undefined;
  }
}

/** JSON has null for what is not limited. */
function limitsOf(told: { readonly [K in keyof Latency]: unknown } | undefined): Latency | undefined {
  if (told === undefined || told === null) return undefined;
  const [ttftP99Ms, itlP99Ms] = [told.ttftP99Ms ?? Infinity, told.itlP99Ms ?? Infinity];
  return isLimit(ttftP99Ms) && isLimit(itlP99Ms) ? { ttftP99Ms, itlP99Ms } : undefined;
}

function isLimit(value: unknown): value is number {
  return typeof value === "number" && value > 0;
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}
