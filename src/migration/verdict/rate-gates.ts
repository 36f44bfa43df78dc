// G1 and half of G2: does the candidate fail, or exceed a time, more often than the legacy on the same requests?
import { mcnemarTest, rateLowerBound, rateUpperBound } from "../../stats/index.ts";
import type { ArmMeasure, PairRecord } from "../compare/pair-record.ts";
import { type Gate, type Levels, noData, nonInferiority, percentPoints, REJECT_CONFIDENCE } from "./gate.ts";
import { pairedGate, type PairedRule } from "./paired-gate.ts";
import type { VerdictLimits } from "./verdict-options.ts";

export function errorGates(pairs: readonly PairRecord[], limits: VerdictLimits, levels: Levels): readonly Gate[] {
  const counted = pairs.filter(({ primary, shadow }) => isCounted(primary) && isCounted(shadow));
  const difference = differenceGate(counted, failed, {
    id: "G1",
    what: "rise of the failure rate",
    margin: limits.errorMargin,
    levels,
  });
  return [difference, ownRateGate(counted, limits, levels)];
}

function ownRateGate(pairs: readonly PairRecord[], { maxErrorRate }: VerdictLimits, { alpha }: Levels): Gate {
  const [what, n] = ["failure rate of the candidate", pairs.length];
  const rule = `upper bound < ${percentPoints(maxErrorRate)}`;
  if (n === 0) return noData("G1", what, rule);
  const events = pairs.filter(({ shadow }) => failed(shadow) === true).length;
  const bounds = (level: number) => ({
    low: rateLowerBound(events, n, 1 - level),
    high: rateUpperBound(events, n, 1 - level),
  });
  return nonInferiority({
    id: "G1",
    what,
    rule,
    n,
    estimate: events / n,
    interval: bounds(alpha),
    wide: bounds((1 - REJECT_CONFIDENCE) / 2),
    margin: maxErrorRate,
    show: percentPoints,
  });
}

/** A request that should have brought a first token and did not is slow; one that failed fast is G1's affair. */
export function slowGates(
  pairs: readonly PairRecord[],
  slowTtftMs: Readonly<Record<string, number>>,
  judged: { readonly limits: VerdictLimits; readonly levels: Levels },
): readonly Gate[] {
  return Object.entries(slowTtftMs).map(([name, limitMs]) =>
    differenceGate(pairs, (arm) => isSlow(arm, limitMs), {
      id: "G2",
      what: `rise of the share of TTFTs over ${name} (${limitMs} ms)`,
      margin: judged.limits.errorMargin,
      levels: judged.levels,
    }),
  );
}

function differenceGate(
  pairs: readonly PairRecord[],
  event: (arm: ArmMeasure) => boolean | undefined,
  rule: PairedRule,
): Gate {
  const judged = pairs
    .map(({ primary, shadow }) => [event(primary), event(shadow)] as const)
    .filter((one): one is readonly [boolean, boolean] => one[0] !== undefined && one[1] !== undefined);
  const onlyFirst = judged.filter(([primary, shadow]) => shadow && !primary).length;
  const onlySecond = judged.filter(([primary, shadow]) => primary && !shadow).length;
  const counts = { onlyFirst, onlySecond, pairs: judged.length };
  const gate = pairedGate(counts, rule);
  if (judged.length === 0) return gate;
  const p = mcnemarTest(onlySecond, onlyFirst);
  return {
    ...gate,
    text: `${gate.text}; only candidate ${onlyFirst}, only legacy ${onlySecond}, McNemar P ${p.toPrecision(2)}`,
  };
}

function failed(arm: ArmMeasure): boolean | undefined {
  return isCounted(arm) ? arm.class !== "ok" : undefined;
}

function isCounted(arm: ArmMeasure): boolean {
  return arm.class !== "client-cancel" && arm.class !== "client-4xx";
}

function isSlow(arm: ArmMeasure, limitMs: number): boolean | undefined {
  if (arm.ttftMs !== undefined) return arm.ttftMs > limitMs;
  return arm.class === "timeout" ? true : undefined;
}
