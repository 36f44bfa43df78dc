// The oracle: the cheapest sequence of replicas, found by dynamic programming over runs of the same engine, with ten minutes of foresight.
import { policyOf } from "../../src/routing/index.ts";
import {
  isGood,
  openLoop,
  type PlannedSimulation,
  type ScalingResult,
  sequenceRule,
  type SequenceStep,
  simulate,
} from "../../src/simulator/index.ts";
import { NOISE, POLICY, runRule, type Setting, STALENESS_MS } from "./setting.ts";

export const WINDOW_MS = 120_000;
/** Before a window, so that it begins with busy workers. */
const WARM_UP_MS = 30_000;
export const FORESIGHT_MS = 600_000;
const AHEAD = FORESIGHT_MS / WINDOW_MS;
/** Once so few miss, more workers change nothing. */
const ENOUGH = 0.001;
const LOOK_MS = 1000;

/** Misses of each window, by number of workers − 1. */
export type MissTable = readonly (readonly number[])[];

/** Every window by itself with every number of workers that may matter; what is fewer than could be enough misses all. */
export function missTable(setting: Omit<Setting, "startUpMs">): MissTable {
  const { planned, durationMs, most } = setting;
  const windows = Math.ceil(durationMs / WINDOW_MS);
  let [from, to] = [0, 0];
  let fewest = 1;
  return Array.from({ length: windows }, (_, window) => {
    const startMs = window * WINDOW_MS;
    while ((planned[from]?.atMs ?? Number.POSITIVE_INFINITY) < startMs - WARM_UP_MS) from++;
    while ((planned[to]?.atMs ?? Number.POSITIVE_INFINITY) < startMs + WINDOW_MS) to++;
    const part = planned.slice(from, to);
    const count = part.filter(({ atMs }) => atMs >= startMs).length;
    const row = Array.from({ length: most }, () => count);
    const missesWith = (workers: number): number => (row[workers - 1] = misses(setting, { part, startMs, workers }));
    let workers = Math.max(1, fewest - 1);
    // The number that was enough before may be far off: down first until it is not, then up until it is.
    let missed = missesWith(workers);
    while (workers > 1 && missed <= 0.1 * count) missed = missesWith(--workers);
    do {
      missed = row[workers - 1] === count ? missesWith(workers) : (row[workers - 1] ?? count);
    } while (missed > ENOUGH * count && ++workers <= most);
    fewest = Math.min(workers, most);
    for (let more = workers + 1; more <= most; more++) row[more - 1] = missed;
    return row;
  });
}

interface Window {
  readonly part: readonly PlannedSimulation[];
  readonly startMs: number;
  readonly workers: number;
}

function misses({ profile, seed, slo }: Omit<Setting, "startUpMs">, { part, startMs, workers }: Window): number {
  if (part.length === 0) return 0;
  const offset = part[0]?.atMs ?? 0;
  const { requests } = simulate({
    profiles: Array.from({ length: workers }, () => profile),
    policy: policyOf(POLICY),
    arrivals: openLoop(part.map((one) => ({ ...one, atMs: one.atMs - offset }))),
    seed,
    noise: NOISE,
    stalenessMs: STALENESS_MS,
  });
  return requests.filter((one) => one.plannedAt + offset >= startMs && !isGood(one, slo)).length;
}

/**
 * At each window the best way through the next ten minutes is known and its first step is taken. A way costs the time of its workers,
 * of those that start too, and `missMs` of one worker's time for each miss.
 */
function sequence(table: MissTable, { startUpMs, initial, most }: Setting, missMs: number): number[] {
  const chosen: number[] = [];
  let before = initial;
  for (let window = 0; window < table.length; window++) {
    const rows = table.slice(window, window + AHEAD);
    // Backwards: costs[k − 1] of the windows after, when k workers serve in this one.
    let costs = Array.from({ length: most }, () => 0);
    for (const row of rows.toReversed().slice(0, -1)) {
      const here = row.map((missed, i) => missed * missMs + (i + 1) * WINDOW_MS + (costs[i] ?? 0));
      costs = costs.map((_, from) => Math.min(...here.map((cost, to) => cost + Math.max(0, to - from) * startUpMs)));
    }
    const first = (rows[0] ?? []).map((missed, i) => {
      const started = Math.max(0, i + 1 - before) * startUpMs;
      return missed * missMs + (i + 1) * WINDOW_MS + started + (costs[i] ?? 0);
    });
    before = 1 + first.indexOf(Math.min(...first));
    chosen.push(before);
  }
  return chosen;
}

/** More workers are ordered so early that they serve when the window begins; fewer leave when it does. */
function steps(chosen: readonly number[], { startUpMs, initial }: Setting): SequenceStep[] {
  const orders: { atMs: number; change: number }[] = [];
  for (const [window, workers] of chosen.entries()) {
    const change = workers - (chosen[window - 1] ?? initial);
    const startMs = window * WINDOW_MS;
    // Start-ups vary: a little earlier than the median, or the window begins one short.
    if (change !== 0) orders.push({ atMs: change > 0 ? Math.max(0, startMs - 1.15 * startUpMs) : startMs, change });
  }
  let replicas = initial;
  return orders
    .toSorted((a, b) => a.atMs - b.atMs)
    .map(({ atMs, change }) => ({ atMs, replicas: (replicas += change) }));
}

export interface OracleResult extends ScalingResult {
  readonly missMs: number;
}

/** What one miss costs, in ms of a worker, from cheap to dear: the first sequence that reaches the attainment in the engine, or the best. */
const MISS_MS = [2, 5, 10, 20, 50, 100, 200, 500, 2000, 10_000].map((seconds) => 1000 * seconds);

export function oracle(setting: Setting, table: MissTable, attainment: number): OracleResult {
  let best: OracleResult | undefined;
  let seen = "";
  for (const missMs of MISS_MS) {
    const chosen = sequence(table, setting, missMs);
    // What the table promises must be near the goal before the engine is asked.
    const promised = table.reduce((sum, row, i) => sum + (row[(chosen[i] ?? 1) - 1] ?? 0), 0);
    const key = chosen.join(" ");
    if (1 - promised / setting.planned.length < attainment - 0.001 || key === seen) continue;
    seen = key;
    const result = { ...runRule(setting, sequenceRule(steps(chosen, setting), LOOK_MS)), missMs };
    if (result.attainment >= attainment) return result;
    if (best === undefined || result.attainment > best.attainment) best = result;
  }
  return best ?? { ...runRule(setting, sequenceRule([], LOOK_MS)), missMs: 0 };
}
