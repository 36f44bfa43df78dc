// G2 and G3: ratios of P99s by a paired bootstrap over sessions; G4: the shift of the body, told and not judged.
import { percentileOf } from "../../core/index.ts";
import {
  type ColumnPair,
  hodgesLehmann,
  type Interval,
  percentileInterval,
  quantileRatioReplicates,
  signedRankTest,
} from "../../stats/index.ts";
import type { ArmMeasure, PairRecord } from "../compare/pair-record.ts";
import { type Clusters, clustersOf } from "./clusters.ts";
import {
  confidenceOf,
  type Gate,
  type GateId,
  type Levels,
  noData,
  nonInferiority,
  ratio,
  REJECT_CONFIDENCE,
} from "./gate.ts";
import type { VerdictLimits, VerdictOptions } from "./verdict-options.ts";

interface Measure {
  readonly id: GateId;
  readonly what: string;
  readonly of: (arm: ArmMeasure) => number | undefined;
}

const TTFT: Measure = { id: "G2", what: "TTFT P99", of: ({ ttftMs }) => ttftMs };
const ITL: Measure = { id: "G3", what: "ITL P99", of: ({ itlMs }) => itlMs };
const E2E: Measure = { id: "G3", what: "E2E P99 per output token", of: perToken };

/**
 * A P99 that is worse by just the margin passes with the level of the gate, and the percentile bootstrap of a P99 errs
 * about twice its level: a tenth of the other gates' 5 % keeps it near 1 %.
 */
const TAIL_LEVEL = 0.1;

export function tailGates(
  pairs: readonly PairRecord[],
  options: VerdictOptions,
  judged: { readonly limits: VerdictLimits; readonly levels: Levels },
): readonly Gate[] {
  const clusters = clustersOf(pairs);
  const measures = [TTFT, ITL, E2E].map((measure) => ({
    measure,
    columns: columnsOf(pairs, (pair) => clusters.of(pair), measure),
  }));
  const replicates = quantileRatioReplicates(
    measures.map(({ columns }) => columns),
    {
      quantile: 0.99,
      clusters: clusters.count,
      repetitions: options.repetitions ?? 2000,
      random: options.random,
    },
  );
  return measures.map(({ measure, columns }, i) =>
    tailGate(measure, columns, { replicates: replicates[i] ?? [], drawn: clusters.by, ...judged }),
  );
}

interface TailFacts {
  readonly replicates: readonly number[];
  readonly drawn: Clusters["by"];
  readonly limits: VerdictLimits;
  readonly levels: Levels;
}

/** An answer without ITL (one chunk) says nothing of ITL; a P99 needs 299 values, whatever it is of. */
function tailGate(
  { id, what }: Measure,
  { first, second }: ColumnPair,
  { replicates, drawn, limits, levels }: TailFacts,
): Gate {
  const rule = `ratio, upper bound ≤ ${ratio(limits.tailMargin)}`;
  const n = first.values.length;
  if (n < limits.minTtfts) return noData(id, what, `${rule}, ≥ ${limits.minTtfts} pairs`);
  const gate = nonInferiority({
    id,
    what,
    rule,
    n,
    estimate: percentileOf(second.values, 99) / percentileOf(first.values, 99),
    interval: percentileInterval(replicates, confidenceOf({ alpha: levels.alpha * TAIL_LEVEL })),
    wide: percentileInterval(replicates, REJECT_CONFIDENCE),
    margin: limits.tailMargin,
    show: ratio,
  });
  return drawn === "sessions" ? gate : { ...gate, text: `${gate.text}; few sessions, so ${drawn} are drawn` };
}

/** Faster or slower is said only when 99.9 % of the interval says so. */
export function bodyGate(pairs: readonly PairRecord[]): Gate {
  const { first, second } = columnsOf(pairs, () => 0, TTFT);
  const logs = first.values.map((value, i) => Math.log((second.values[i] ?? value) / value));
  const shift = hodgesLehmann(logs, 0.95);
  const sure = hodgesLehmann(logs, 0.999);
  const [what, rule] = ["typical TTFT", "reported, not judged"];
  if (shift === undefined || sure === undefined) return noData("G4", what, rule);
  const claim = sure.interval.high < 0 ? "faster" : sure.interval.low > 0 ? "slower" : "no difference shown";
  const text = `${what}: ${change(shift.estimate)} [${change(shift.interval.low)}, ${change(shift.interval.high)}], ${claim}, Wilcoxon P ${signedRankTest(logs).toPrecision(2)}`;
  const { low, high } = shift.interval;
  const interval: Interval = { low: Math.exp(low), high: Math.exp(high) };
  return {
    id: "G4",
    what,
    status: "report",
    rejects: false,
    rule,
    n: logs.length,
    estimate: Math.exp(shift.estimate),
    interval,
    text,
  };
}

/** −12% [−14%, −10%]. */
function change(logRatio: number): string {
  const percent = (Math.exp(logRatio) - 1) * 100;
  return `${percent > 0 ? "+" : ""}${percent.toFixed(1)}%`;
}

function perToken({ totalMs, outputTokens }: ArmMeasure): number | undefined {
  return totalMs === undefined || outputTokens === undefined || outputTokens === 0 ? undefined : totalMs / outputTokens;
}

function columnsOf(pairs: readonly PairRecord[], clusterOf: (pair: PairRecord) => number, { of }: Measure): ColumnPair {
  const both = pairs.flatMap((pair) => {
    const [a, b] = [of(pair.primary), of(pair.shadow)];
    return a !== undefined && b !== undefined && a > 0 && b > 0 ? [{ a, b, cluster: clusterOf(pair) }] : [];
  });
  const clusters = both.map(({ cluster }) => cluster);
  return {
    first: { values: both.map(({ a }) => a), clusters },
    second: { values: both.map(({ b }) => b), clusters },
  };
}
