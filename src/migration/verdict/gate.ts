// One gate of a verdict: what it found, over how many, against which rule.
import type { Interval } from "../../stats/index.ts";

export type GateStatus =
  | "pass"
  /** Shown to be worse than allowed, or estimated so and not shown otherwise. */
  | "fail"
  /** Neither shown to be good enough nor estimated worse: more data decides. */
  | "undecided"
  | "no-data"
  /** Told, not judged. */
  | "report";

export type GateId = "G0" | "G1" | "G2" | "G3" | "G4" | "G5" | "G6";

export interface Gate {
  readonly id: GateId;
  readonly what: string;
  readonly status: GateStatus;
  /** The harm is beyond doubt, or a hard rule is broken: the verdict is REJECT. */
  readonly rejects: boolean;
  readonly rule: string;
  readonly n: number;
  readonly estimate?: number;
  readonly interval?: Interval;
  readonly text: string;
}

/** An upper bound that must not pass a margin. */
export interface NonInferiority {
  readonly id: GateId;
  readonly what: string;
  readonly rule: string;
  readonly n: number;
  readonly estimate: number;
  /** One-sided at the gate's level on either side. */
  readonly interval: Interval;
  /** The same at 0.1 % per side: a lower end beyond the margin rejects. */
  readonly wide: Interval;
  readonly margin: number;
  readonly show: (value: number) => string;
}

export function nonInferiority(test: NonInferiority): Gate {
  const { id, what, rule, n, estimate, interval, margin, show } = test;
  const passes = interval.high <= margin;
  const fails = interval.low > margin || (!passes && estimate > margin);
  const found = `${what}: ${show(estimate)} [${show(interval.low)}, ${show(interval.high)}], allowed ${show(margin)}, n = ${n}`;
  const status = passes ? "pass" : fails ? "fail" : "undecided";
  const text = status === "undecided" ? `${found}; about ${needed(test)} would decide` : found;
  return { id, what, status, rejects: test.wide.low > margin, rule, n, estimate, interval, text };
}

/** Intervals shrink with the root of n; good for planning, not for judging. */
function needed({ n, estimate, interval, margin }: NonInferiority): number {
  const times = ((interval.high - estimate) / (margin - estimate)) ** 2;
  const digits = 10 ** Math.max(0, Math.floor(Math.log10(n * times)) - 1);
  return Math.ceil((n * times) / digits) * digits;
}

export function noData(id: GateId, what: string, rule: string): Gate {
  return { id, what, status: "no-data", rejects: false, rule, n: 0, text: `${what}: no data` };
}

export function percentPoints(value: number): string {
  return `${(value * 100).toFixed(2)}%`;
}

export function ratio(value: number): string {
  return `×${value.toFixed(3)}`;
}

/** Levels of the intervals of a gate. */
export interface Levels {
  /** One-sided level of a gate. */
  readonly alpha: number;
}

export const REJECT_CONFIDENCE = 0.998;

/** Two-sided confidence of an interval each of whose ends holds at `alpha`. */
export function confidenceOf({ alpha }: Levels): number {
  return 1 - 2 * alpha;
}
