// G5 for sampled requests, whose answers differ anyway: how often they are cut, refuse and call tools, pair by pair.
import { rateDifference } from "../../stats/index.ts";
import type { Ending } from "../compare/ending.ts";
import type { PairRecord } from "../compare/pair-record.ts";
import { confidenceOf, type Gate, type Levels, nonInferiority, percentPoints, REJECT_CONFIDENCE } from "./gate.ts";
import { pairedGate } from "./paired-gate.ts";
import type { VerdictLimits } from "./verdict-options.ts";

interface Judged {
  readonly limits: VerdictLimits;
  readonly levels: Levels;
}

type Ends = NonNullable<NonNullable<PairRecord["comparison"]>["endings"]>;

/** Empty when no sampled pair was compared. */
export function distributionGates(
  pairs: readonly PairRecord[],
  repeats: readonly PairRecord[],
  judged: Judged,
): Gate[] {
  const [ours, noise] = [endings(pairs), endings(repeats)];
  if (ours.length === 0) return [];
  const rise = (what: string, harmed: (one: Ending, other: Ending) => boolean) =>
    riseGate(ours, { ...judged, what, harmed });
  return [
    rise("rise of answers cut by their length", (one, other) => one.cut && !other.cut),
    rise("rise of refusals", (one, other) => one.refuses && !other.refuses),
    rise("loss of tool calls", (one, other) => !one.calls && other.calls),
    ...toolGate(ours, noise, judged),
  ];
}

function endings(records: readonly PairRecord[]): readonly Ends[] {
  return records.flatMap(({ determinism, comparison }) =>
    determinism === "sampled" && comparison?.endings !== undefined ? [comparison.endings] : [],
  );
}

interface Rise extends Judged {
  readonly what: string;
  readonly harmed: (one: Ending, other: Ending) => boolean;
}

function riseGate(ends: readonly Ends[], { what, harmed, limits, levels }: Rise): Gate {
  const onlyFirst = ends.filter(({ primary, shadow }) => harmed(shadow, primary)).length;
  const onlySecond = ends.filter(({ primary, shadow }) => harmed(primary, shadow)).length;
  const counts = { onlyFirst, onlySecond, pairs: ends.length };
  return pairedGate(counts, { id: "G5", what, margin: limits.mixMargin, levels });
}

/**
 * Do both arms call tools on the same requests? F1 with the legacy as the truth is 2J/(1+J) of the share J of the
 * requests on which both call among those on which any does; so J is judged, which is a rate, and F1 is told.
 */
function toolGate(ours: readonly Ends[], noise: readonly Ends[], { limits, levels }: Judged): Gate[] {
  const [a, b] = [disagreements(ours), disagreements(noise)];
  if (a.trials === 0 || b.trials === 0) return [];
  const gate = nonInferiority({
    id: "G5",
    what: "tools called on other requests, against the legacy's own repeats",
    rule: `upper bound ≤ ${percentPoints(limits.toolMargin)}`,
    n: a.trials,
    estimate: a.events / a.trials - b.events / b.trials,
    interval: rateDifference(a, b, confidenceOf(levels)),
    wide: rateDifference(a, b, REJECT_CONFIDENCE),
    margin: limits.toolMargin,
    show: percentPoints,
  });
  return [{ ...gate, text: `${gate.text}; tool-call F1 ${f1(a).toFixed(3)}, repeats ${f1(b).toFixed(3)}` }];
}

interface Disagreements {
  readonly events: number;
  readonly trials: number;
}

function disagreements(ends: readonly Ends[]): Disagreements {
  const called = ends.filter(({ primary, shadow }) => primary.calls || shadow.calls);
  return { trials: called.length, events: called.filter((one) => one.primary.calls !== one.shadow.calls).length };
}

function f1({ events, trials }: Disagreements): number {
  const both = trials - events;
  return (2 * both) / (2 * both + events);
}
