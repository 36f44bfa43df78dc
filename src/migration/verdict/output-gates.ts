// G5: outputs against the legacy's own noise; G6: usage.
import { hodgesLehmann, rateDifference } from "../../stats/index.ts";
import type { Invariant } from "../compare/invariants.ts";
import type { Comparison, PairRecord } from "../compare/pair-record.ts";
import {
  confidenceOf,
  type Gate,
  type GateId,
  type Levels,
  noData,
  nonInferiority,
  percentPoints,
  ratio,
  REJECT_CONFIDENCE,
} from "./gate.ts";
import { pairedGate } from "./paired-gate.ts";
import type { VerdictLimits } from "./verdict-options.ts";

interface Judged {
  readonly limits: VerdictLimits;
  readonly levels: Levels;
}

/** Hard: what must be equal whatever the sampling. `prompt-tokens` belongs to usage. */
export function invariantGate(pairs: readonly PairRecord[], { limits }: Judged): Gate {
  return hardGate(pairs, limits, {
    id: "G5",
    what: "protocol invariants",
    breaks: (broken) => broken.filter((one) => one !== "prompt-tokens"),
  });
}

export function promptTokensGate(pairs: readonly PairRecord[], { limits }: Judged): Gate {
  return hardGate(pairs, limits, {
    id: "G6",
    what: "equal prompt tokens (else template or tokenizer differ)",
    breaks: (broken) => broken.filter((one) => one === "prompt-tokens"),
  });
}

interface HardRule {
  readonly id: GateId;
  readonly what: string;
  readonly breaks: (broken: readonly Invariant[]) => readonly Invariant[];
}

function hardGate(
  pairs: readonly PairRecord[],
  { invariantShare }: VerdictLimits,
  { id, what, breaks }: HardRule,
): Gate {
  const rule = `broken in at most ${percentPoints(invariantShare)} of the pairs`;
  const n = pairs.length;
  if (n === 0) return noData(id, what, rule);
  const found = pairs.map(({ broken }) => breaks(broken)).filter((list) => list.length > 0);
  const kinds = [...new Set(found.flat())].join(", ");
  const isBroken = found.length > Math.max(1, invariantShare * n);
  const text = `${what}: ${found.length} of ${n} pairs break ${kinds === "" ? "none" : kinds}`;
  return { id, what, status: isBroken ? "fail" : "pass", rejects: isBroken, rule, n, estimate: found.length / n, text };
}

/** Greedy and seeded requests: equal, or parting where each side would have said the other's token. */
export function outputGate(pairs: readonly PairRecord[], repeats: readonly PairRecord[], judged: Judged): Gate {
  const { limits, levels } = judged;
  const what = "loss of matching deterministic outputs against the legacy's own repeats";
  const rule = `upper bound ≤ ${percentPoints(limits.outputMargin)}`;
  const [ours, noise] = [mismatches(pairs), mismatches(repeats)];
  if (ours.trials === 0 || noise.trials === 0) return noData("G5", what, rule);
  return nonInferiority({
    id: "G5",
    what,
    rule,
    n: ours.trials,
    estimate: ours.events / ours.trials - noise.events / noise.trials,
    interval: rateDifference(ours, noise, confidenceOf(levels)),
    wide: rateDifference(ours, noise, REJECT_CONFIDENCE),
    margin: limits.outputMargin,
    show: percentPoints,
  });
}

function mismatches(pairs: readonly PairRecord[]): { events: number; trials: number } {
  const judged = pairs.filter(({ determinism, comparison }) => determinism !== "sampled" && comparison !== undefined);
  return { trials: judged.length, events: judged.filter(({ comparison }) => !matches(comparison)).length };
}

function matches(comparison: Comparison | undefined): boolean {
  return comparison?.equal === true || comparison?.severity === "tie" || comparison?.severity === "top-k";
}

/** Tool calls and JSON that the legacy gets right and the candidate does not. Undefined when the traffic has none. */
export function structureGate(pairs: readonly PairRecord[], { limits, levels }: Judged): Gate | undefined {
  const structures = pairs.flatMap(({ comparison }) =>
    comparison?.structure === undefined ? [] : [comparison.structure],
  );
  if (structures.length === 0) return undefined;
  const onlyFirst = structures.filter((one) => one.primaryValid && !one.shadowValid).length;
  const onlySecond = structures.filter((one) => one.shadowValid && !one.primaryValid).length;
  const counts = { onlyFirst, onlySecond, pairs: structures.length };
  const what = "loss of valid tool calls and JSON";
  return pairedGate(counts, { id: "G5", what, margin: limits.structureMargin, levels });
}

/** Longer answers cost more, shorter ones may be cut: the ratio must lie inside both bounds. */
export function lengthGate(pairs: readonly PairRecord[], { limits, levels }: Judged): Gate {
  const { low, high } = limits.lengthRatio;
  const [what, rule] = ["completion length ratio", `within [${low}, ${high}]`];
  const logs = pairs.flatMap(({ primary: { outputTokens: a = 0 }, shadow: { outputTokens: b = 0 } }) =>
    a > 0 && b > 0 ? [Math.log(b / a)] : [],
  );
  const shift = hodgesLehmann(logs, confidenceOf(levels));
  if (shift === undefined) return noData("G6", what, rule);
  const [estimate, from, to] = [shift.estimate, shift.interval.low, shift.interval.high].map(Math.exp) as [
    number,
    number,
    number,
  ];
  const passes = from >= low && to <= high;
  const fails = from > high || to < low || estimate > high || estimate < low;
  const text = `${what}: ${ratio(estimate)} [${ratio(from)}, ${ratio(to)}], n = ${logs.length}`;
  const status = passes ? "pass" : fails ? "fail" : "undecided";
  return {
    id: "G6",
    what,
    status,
    rejects: false,
    rule,
    n: logs.length,
    estimate,
    interval: { low: from, high: to },
    text,
  };
}
