// How long something lasts when some are still lasting at the end: the Kaplan–Meier curve and the log-rank test.
import { normalCumulative } from "./normal.ts";

export interface Duration {
  readonly length: number;
  /** It ended there; false when it was only watched that long. */
  readonly ended: boolean;
}

export interface SurvivalPoint {
  readonly length: number;
  /** Share that lasts longer than this. */
  readonly share: number;
}

export function kaplanMeier(durations: readonly Duration[]): readonly SurvivalPoint[] {
  const points: SurvivalPoint[] = [];
  let share = 1;
  for (const { length, atRisk, ended } of steps(durations)) {
    share *= 1 - ended / atRisk;
    points.push({ length, share });
  }
  return points;
}

/** Two-sided P value that both groups last equally long. */
export function logRankTest(a: readonly Duration[], b: readonly Duration[]): number {
  const [inA, all] = [steps(a), steps([...a, ...b])];
  const riskA = riskOf(a);
  const endedA = new Map(inA.map(({ length, ended }) => [length, ended]));
  let [difference, variance] = [0, 0];
  for (const { length, atRisk, ended } of all) {
    const share = riskA(length) / atRisk;
    difference += (endedA.get(length) ?? 0) - ended * share;
    if (atRisk > 1) variance += (ended * share * (1 - share) * (atRisk - ended)) / (atRisk - 1);
  }
  return variance === 0 ? 1 : 2 * normalCumulative(-Math.abs(difference) / Math.sqrt(variance));
}

interface Step {
  readonly length: number;
  readonly atRisk: number;
  readonly ended: number;
}

/** One step a length at which something ended. */
function steps(durations: readonly Duration[]): readonly Step[] {
  const ended = new Map<number, number>();
  for (const one of durations) if (one.ended) ended.set(one.length, (ended.get(one.length) ?? 0) + 1);
  const risk = riskOf(durations);
  return [...ended]
    .sort(([a], [b]) => a - b)
    .map(([length, count]) => ({ length, atRisk: risk(length), ended: count }));
}

/** How many were still watched just before this length. */
function riskOf(durations: readonly Duration[]): (length: number) => number {
  const sorted = Float64Array.from(durations, ({ length }) => length).sort();
  return (length) => {
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sorted[middle] ?? 0) < length) low = middle + 1;
      else high = middle;
    }
    return sorted.length - low;
  };
}
