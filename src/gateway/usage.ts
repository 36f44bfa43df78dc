// How many tokens a request used: the worker's own count, else what the gateway saw.
import type { RequestRecord } from "./record.ts";

export interface CountedUsage {
  readonly promptTokens: number | undefined;
  readonly completionTokens: number | undefined;
  readonly cachedTokens: number | undefined;
  /** The worker's own count never came. */
  readonly estimated: boolean;
}

export function countedUsage(record: RequestRecord): CountedUsage {
  const { usage } = record;
  if (usage !== undefined) return { ...usage, estimated: false };
  const reachedWorker = record.legs.some((leg) => leg.failure === undefined);
  return {
    promptTokens: reachedWorker ? record.promptTokens : undefined,
    completionTokens: record.tokenEvents,
    cachedTokens: undefined,
    estimated: true,
  };
}

/** Without a report: events with tokens, at least one token each. */
export function completionTokensOf(record: RequestRecord): number | undefined {
  return record.usage === undefined ? record.tokenEvents || undefined : record.usage.completionTokens;
}
