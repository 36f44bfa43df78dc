// Where replicas of several models stand: each pool at its minimum first, then what brings most goodput rate for its GPUs. Pure.
import { board, type Board, type Counts } from "./board.ts";
import { type Filling, nodeFillings } from "./node-fillings.ts";
import { orderedActions } from "./ordered-actions.ts";
import { packMinimums } from "./pack-minimums.ts";
import type { PlacementAnswer, PlacementProblem, PlacementReason } from "./placement-problem.ts";
import { violations } from "./violations.ts";

/** Less is rounding. */
const LEAST_GAIN = 1e-9;
/** Fillings of two nodes are tried together while there are no more than so many. */
const MOST_PAIRS = 20_000;

export function planPlacement(problem: PlacementProblem): PlacementAnswer {
  const on = board(problem);
  const start = packMinimums(on);
  if (typeof start === "string") return { feasible: false, problem: start };
  const limit = Math.max(problem.maxChanges, on.changes(start));
  // Where few changes are allowed, the cheapest gain first may spend them before the largest.
  const [byGpu, byValue] = [improve(on, start, { limit, perGpu: true }), improve(on, start, { limit, perGpu: false })];
  const best = on.value(byValue) > on.value(byGpu) + LEAST_GAIN ? byValue : byGpu;
  const actions = orderedActions(on, best);
  const wrong = violations(problem, on.placement(best));
  if (actions === undefined || wrong.length > 0) throw new RangeError(`placement is not feasible: ${wrong.join("; ")}`);
  return {
    feasible: true,
    plan: {
      placement: on.placement(best),
      actions,
      before: on.value(on.current),
      after: on.value(best),
      reasons: reasons(on, best),
    },
  };
}

/** Steps uphill; each is the best of its kind, and two nodes are tried together when one alone leads no further. */
function improve(on: Board, start: Counts, how: Search): Counts {
  const fillings = on.nodes.map((_, n) => nodeFillings(on, n));
  let best = start;
  for (;;) {
    const small = () => bestOf(on, how, best, additions(on, best));
    const large = () => bestOf(on, how, best, refilled(on, best, fillings));
    const next =
      (how.perGpu ? (small() ?? large()) : (large() ?? small())) ??
      bestOf(on, how, best, pairsRefilled(on, best, fillings));
    if (next === undefined) return best;
    best = next;
  }
}

interface Search {
  /** Changes that are allowed. */
  readonly limit: number;
  /** By what each further GPU brings, else by what the whole step brings. */
  readonly perGpu: boolean;
}

/** The best of the candidates that may be, if it is better than what there is. */
function bestOf(on: Board, { limit, perGpu }: Search, than: Counts, candidates: Iterable<Counts>): Counts | undefined {
  let best: Rated | undefined;
  const base = rate(on, than, perGpu ? than : undefined);
  for (const counts of candidates) {
    if (on.changes(counts) > limit || !withinBounds(on, counts)) continue;
    const rated = rate(on, counts, perGpu ? than : undefined);
    if (!isBetter(rated, best ?? base)) continue;
    if (orderedActions(on, counts) !== undefined) best = rated;
  }
  return best?.counts;
}

interface Rated {
  readonly counts: Counts;
  readonly value: number;
  /** Of each further GPU, or of all. */
  readonly gain: number;
  readonly flaws: number;
  readonly changes: number;
}

function rate(on: Board, counts: Counts, than: Counts | undefined): Rated {
  const value = on.value(counts);
  const more = than === undefined ? 1 : Math.max(1, gpusOf(on, counts) - gpusOf(on, than));
  const gain = (value - (than === undefined ? 0 : on.value(than))) / more;
  return { counts, value, gain, flaws: on.flaws(counts), changes: on.changes(counts) };
}

/** By its gain, then fewer flaws, then fewer changes. */
function isBetter(a: Rated, b: Rated): boolean {
  if (Math.abs(a.gain - b.gain) > LEAST_GAIN) return a.gain > b.gain;
  if (a.flaws !== b.flaws) return a.flaws < b.flaws && a.value >= b.value - LEAST_GAIN;
  return a.changes < b.changes && a.value >= b.value - LEAST_GAIN;
}

function gpusOf(on: Board, counts: Counts): number {
  return on.pools.reduce((sum, { gpusPerReplica }, p) => sum + gpusPerReplica * on.total(counts, p), 0);
}

function withinBounds(on: Board, counts: Counts): boolean {
  return on.pools.every(({ min, max }, p) => on.total(counts, p) >= min && on.total(counts, p) <= max);
}

/** One replica more of a pool, or one of each pool of a model: prefill alone may bring nothing. */
function* additions(on: Board, counts: Counts): Iterable<Counts> {
  for (const [p, { model }] of on.pools.entries()) {
    for (const one of oneMore(on, counts, p)) {
      yield one;
      if (on.pools[p + 1]?.model === model) yield* oneMore(on, one, p + 1);
    }
  }
}

function* oneMore(on: Board, counts: Counts, pool: number): Iterable<Counts> {
  for (let node = 0; node < on.nodes.length; node++) {
    if (on.freeGpus(counts, node) >= (on.pools[pool]?.gpusPerReplica ?? Infinity))
      yield on.with(counts, { pool, node, by: 1 });
  }
}

function* refilled(on: Board, counts: Counts, fillings: readonly (readonly Filling[])[]): Iterable<Counts> {
  for (const [n, ways] of fillings.entries()) for (const way of ways) yield filled(on, counts, n, way);
}

function* pairsRefilled(on: Board, counts: Counts, fillings: readonly (readonly Filling[])[]): Iterable<Counts> {
  for (const [a, ofA] of fillings.entries()) {
    for (const [b, ofB] of fillings.entries()) {
      if (b <= a || ofA.length * ofB.length > MOST_PAIRS) continue;
      for (const way of ofA) {
        const half = filled(on, counts, a, way);
        for (const other of ofB) yield filled(on, half, b, other);
      }
    }
  }
}

function filled(on: Board, counts: Counts, node: number, way: Filling): Counts {
  const next = [...counts];
  for (const [p, count] of way.entries()) next[p * on.nodes.length + node] = count;
  return next;
}

function reasons(on: Board, counts: Counts): readonly PlacementReason[] {
  return on.models.map((model) => {
    const replicas = on.pools.flatMap((pool, p) => (pool.model === model ? [on.total(counts, p)] : []));
    const goodputRate = model.goodputRate(replicas);
    const marginal = model.pools.map(({ gpusPerReplica, max }, i) => {
      const has = replicas[i] ?? 0;
      return has >= max ? 0 : (model.goodputRate(replicas.with(i, has + 1)) - goodputRate) / gpusPerReplica;
    });
    return { model: model.name, replicas, goodputRate, marginalPerGpu: Math.max(0, ...marginal) };
  });
}
