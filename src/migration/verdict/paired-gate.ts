// What either both sides of a pair do or only one of them: by how much is the candidate worse?
import { pairedRateDifference } from "../../stats/index.ts";
import {
  confidenceOf,
  type Gate,
  type GateId,
  type Levels,
  noData,
  nonInferiority,
  percentPoints,
  REJECT_CONFIDENCE,
} from "./gate.ts";

export interface PairedRule {
  readonly id: GateId;
  readonly what: string;
  readonly margin: number;
  readonly levels: Levels;
}

/** `onlyFirst`: pairs in which only the candidate did worse; `onlySecond`: only the legacy. */
export interface PairedCounts {
  readonly onlyFirst: number;
  readonly onlySecond: number;
  readonly pairs: number;
}

export function pairedGate(counts: PairedCounts, { id, what, margin, levels }: PairedRule): Gate {
  const { onlyFirst, onlySecond, pairs } = counts;
  const rule = `paired difference, upper bound ≤ ${percentPoints(margin)}`;
  if (pairs === 0) return noData(id, what, rule);
  return nonInferiority({
    id,
    what,
    rule,
    n: pairs,
    estimate: (onlyFirst - onlySecond) / pairs,
    interval: pairedRateDifference(counts, confidenceOf(levels)),
    wide: pairedRateDifference(counts, REJECT_CONFIDENCE),
    margin,
    show: percentPoints,
  });
}
