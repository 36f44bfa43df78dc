// Variants against the first one, with bootstrap intervals over the seeds.
import { type Random, SwitchgearError } from "../core/index.ts";
import { type Interval, percentileInterval } from "../stats/index.ts";
import type { SimulationResult } from "./simulation-result.ts";
import type { VariantResult } from "./sweep.ts";

export interface MetricComparison {
  readonly metric: string;
  /** Mean over seeds. */
  readonly value: number;
  /** Mean of the differences to the first variant, seed by seed, and its 95 % interval. */
  readonly difference: number;
  readonly low: number;
  readonly high: number;
}

export interface VariantComparison {
  readonly name: string;
  readonly seeds: number;
  readonly metrics: readonly MetricComparison[];
}

const COMPARED: readonly (readonly [string, (result: SimulationResult) => number])[] = [
  ["goodput", ({ summary }) => summary.goodputFraction],
  ["ttft ratio p99", ({ ttftRatio }) => ttftRatio.p99],
  ["ttft mean ms", ({ summary }) => summary.ttftMs.mean],
  ["ttft p99 ms", ({ summary }) => summary.ttftMs.p99],
  ["tpot p99 ms", ({ summary }) => summary.tpotMs.p99],
  ["cache hit", ({ summary }) => summary.hitRate],
];

const REPETITIONS = 2000;

/** Throws SWG_USAGE unless all have the same seeds: then runs differ by what was asked, not by chance. */
export function compare(results: readonly Runs[], random: Random): VariantComparison[] {
  const [first] = results;
  for (const one of results) requireSeeds(seedsOf(first), one);
  return results.map((one) => ({
    name: one.name,
    seeds: one.results.length,
    metrics: COMPARED.map(([metric, of]) => {
      const values = one.results.map(of);
      const differences = values.map((value, i) => value - valueAt(first, i, of));
      return { metric, value: mean(values), difference: mean(differences), ...interval(differences, random) };
    }),
  }));
}

type Runs = Pick<VariantResult, "name" | "results">;

function seedsOf(variant: Runs | undefined): string {
  return (variant?.results ?? []).map(({ seed }) => seed).join(", ");
}

function requireSeeds(wanted: string, variant: Runs): void {
  const found = seedsOf(variant);
  if (found === wanted) return;
  throw new SwitchgearError("SWG_USAGE", "Results of different seeds cannot be compared run by run.", {
    value: `seeds ${found}`,
    where: variant.name,
    expected: `seeds ${wanted}`,
  });
}

function valueAt(variant: Runs | undefined, i: number, of: (result: SimulationResult) => number): number {
  const result = variant?.results[i];
  return result === undefined ? Number.NaN : of(result);
}

/** Percentile bootstrap of the mean; with few seeds it is narrow, so the count of seeds is always told. */
function interval(values: readonly number[], random: Random): Interval {
  const means = Array.from({ length: REPETITIONS }, () =>
    mean(values.map(() => values[random.int(values.length)] ?? 0)),
  );
  return percentileInterval(
    means.sort((a, b) => a - b),
    0.95,
  );
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, one) => sum + one, 0) / values.length;
}
