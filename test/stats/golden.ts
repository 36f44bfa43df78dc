// The golden values that scripts/golden/run.sh wrote, and how close a number must come to them.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

type Row = readonly number[];

type Durations = readonly (readonly [number, boolean])[];

export interface Golden {
  readonly beta: readonly Row[];
  readonly betaQuantile: readonly Row[];
  readonly normal: readonly Row[];
  readonly normalQuantile: readonly Row[];
  readonly clopperPearson: readonly Row[];
  readonly binomialTest: readonly Row[];
  readonly binomialCumulative: readonly Row[];
  readonly newcombe: readonly Row[];
  readonly tango: readonly Row[];
  readonly ranks: readonly (readonly [number, number, number, readonly [number, number] | null])[];
  readonly wilcoxon: readonly (readonly [Row, number])[];
  readonly hodgesLehmann: readonly (readonly [Row, number])[];
  readonly percentile: readonly (readonly [Row, number, number])[];
  readonly survival: readonly (readonly [Durations, Durations, readonly Row[], number])[];
  readonly sequenceRatio: readonly (readonly [string, string, number, number])[];
}

export const golden = JSON.parse(readFileSync(new URL("golden.json", import.meta.url), "utf8")) as Golden;

/** Equal within a relative error; a few units of the last place near zero. */
export function close(actual: number, expected: number, tolerance: number, where: string): void {
  if (Math.abs(actual - expected) < 1e-13) return;
  const error = Math.abs(actual - expected) / Math.abs(expected);
  assert.ok(error <= tolerance, `${where}: ${actual}, golden ${expected}, relative error ${error}`);
}

export function cells(row: Row): [number, number, number, number, number, number, number] {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0] = row;
  return [a, b, c, d, e, f, g];
}
