// What the clients of other gateways ask of workers that all gateways use: each tells it, the leader counts all of it.
import type { Demand } from "../../autoscaling/index.ts";
import type { Cluster } from "../../cluster/index.ts";

/** Of one pool, by one gateway. */
export interface ToldDemand {
  /** Undefined = not known yet. */
  readonly demand: Demand | undefined;
  /** Requests that wait in the gateway. */
  readonly queued: number;
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
    ...(own.wholeShare !== undefined && { wholeShare: mean((one) => one.wholeShare ?? 0) }),
  };
}

const FIGURES = ["requestsPerSecond", "promptTokens", "cachedTokens", "outputTokens"] as const;

/** Undefined when a gateway of another version means something else. */
function toldOf(text: string, pool: string): ToldDemand | undefined {
  try {
    const told = (JSON.parse(text) as Record<string, Partial<ToldDemand> | undefined>)[pool];
    if (told === undefined || !isCount(told.queued)) return undefined;
    const { demand } = told;
    const isKnown = demand !== undefined && FIGURES.every((one) => isCount(demand[one]));
    return { demand: isKnown ? demand : undefined, queued: told.queued };
  } catch {
    return undefined;
  }
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}
