// G0: is there enough data, and was it gathered fairly?
import { binomialTest } from "../../stats/index.ts";
import type { PairRecord } from "../compare/pair-record.ts";
import type { Gate } from "./gate.ts";
import type { ShadowFacts, VerdictLimits, VerdictOptions, Waiver } from "./verdict-options.ts";

const FRACTION_ALPHA = 0.001;

export function validityGate(pairs: readonly PairRecord[], limits: VerdictLimits, options: VerdictOptions): Gate {
  const waived = new Set(options.waived);
  const faults = [...enough(pairs, limits, waived), ...fair(options.facts, limits, waived)];
  const rule = `≥ ${limits.minPairs} pairs, ≥ ${limits.minTtfts} TTFTs on both sides, fair sampling and load`;
  const text = faults.length === 0 ? `valid: ${pairs.length} pairs` : faults.join("; ");
  const status = faults.length === 0 ? "pass" : "no-data";
  return { id: "G0", what: "validity", status, rejects: false, rule, n: pairs.length, text };
}

function enough(pairs: readonly PairRecord[], limits: VerdictLimits, waived: ReadonlySet<Waiver>): string[] {
  const faults: string[] = [];
  if (pairs.length < limits.minPairs) faults.push(`${pairs.length} of ${limits.minPairs} pairs`);
  const ttfts = pairs.filter(({ primary, shadow }) => primary.ttftMs !== undefined && shadow.ttftMs !== undefined);
  if (ttfts.length < limits.minTtfts)
    faults.push(`${ttfts.length} of ${limits.minTtfts} pairs with a TTFT on both sides`);
  const times = pairs.map(({ at }) => at);
  const spanMs = pairs.length === 0 ? 0 : max(times) + max(times.map((at) => -at));
  if (spanMs < limits.minSpanMs && !waived.has("span")) {
    faults.push(`${(spanMs / 3_600_000).toFixed(1)} h of ${(limits.minSpanMs / 3_600_000).toFixed(1)} h`);
  }
  return faults;
}

function fair(facts: ShadowFacts, limits: VerdictLimits, waived: ReadonlySet<Waiver>): string[] {
  const faults: string[] = [];
  const dropped = Object.values(facts.dropped).reduce((a, b) => a + b, 0);
  const total = facts.sent + dropped;
  const reasons = Object.entries(facts.dropped)
    .map(([why, count]) => `${why} ${count}`)
    .join(", ");
  if (dropped > limits.maxDropped * total) faults.push(`${dropped} of ${total} shadow requests dropped: ${reasons}`);
  if (facts.clientGone > limits.maxClientGone * facts.sent) {
    faults.push(`${facts.clientGone} of ${facts.sent} pairs lost because the client left`);
  }
  if (
    !waived.has("fraction") &&
    binomialTest(facts.sampledSessions, facts.eligibleSessions, facts.fraction) < FRACTION_ALPHA
  ) {
    faults.push(`${facts.sampledSessions} of ${facts.eligibleSessions} sessions sampled, ${facts.fraction} was set`);
  }
  if (!waived.has("load")) faults.push(...loadFault(facts.loadRatio, limits));
  return faults;
}

function loadFault(ratio: number | undefined, { loadRatio }: VerdictLimits): string[] {
  if (ratio === undefined) return ["the load per GPU of the arms was not measured"];
  if (ratio >= loadRatio.low && ratio <= loadRatio.high) return [];
  return [`the candidate carried ${ratio.toFixed(2)} times the primary's load per GPU`];
}

function max(values: readonly number[]): number {
  return values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
}
